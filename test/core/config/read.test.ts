/** What a right configuration file becomes. */
import { join } from 'node:path'
import t from 'tap'
import { readConfig } from '../../../core/config/read.js'

const SITE = { bindings: [{ bindingInformation: '*:8080:' }], applications: [{ type: 'static' }] }

t.test('the smallest file gets the defaults of IIS', (t) => {
  const directory = t.testdir({ 'host.json': JSON.stringify({ sites: [{ name: 'Main', ...SITE }] }) })
  const { config } = readConfig(join(directory, 'host.json'), {})
  t.equal(config.file, join(directory, 'host.json'))
  t.equal(config.directory, directory)
  t.strictSame(config.modules, [])
  t.strictSame(config.pipeline, {})
  t.equal(config.webLimits.maxRequestBytes, 16_384)
  t.equal(config.webLimits.connectionTimeout, 120_000)
  t.equal(config.caching.maxCacheSize, 64)
  t.equal(config.eventLog.level, 'info')
  t.equal(config.log.errorLoggingDir, join(directory, 'logs'))

  const [site] = config.sites
  t.match(site, {
    name: 'Main',
    id: 1,
    serverAutoStart: true,
    pointer: '/sites/0',
    caching: { enabled: true },
  })
  t.strictSame(site?.bindings, [
    {
      protocol: 'http',
      bindingInformation: '*:8080:',
      socketMode: '0660',
      sslFlags: 0,
      http2: false,
      certificates: [],
      tls: { minVersion: 'TLSv1.2', ciphers: '' },
      proxyProtocol: false,
      address: '*',
      port: 8080,
      host: '',
      pointer: '/sites/0/bindings/0',
    },
  ])
  t.equal(site?.limits.connectionTimeout, 120_000)
  t.equal(site?.limits.maxUrlSegments, 32)
  t.equal(site?.logFile.directory, join(directory, 'logs'))
  t.equal(site?.logFile.logExtFileFlags.length, 15)
  t.strictSame(site?.logFile.customFields, { maxCustomFieldLength: 4096, fields: [] })
  t.match(site?.applications, [
    {
      path: '/',
      type: 'static',
      physicalPath: directory,
      applicationPool: 'DefaultAppPool',
      pathBase: 'strip',
      environment: {},
      options: {},
      caching: { enabled: true },
      pointer: '/sites/0/applications/0',
    },
  ])
  t.notOk('module' in (site?.applications[0] ?? {}), 'what has no default is absent')

  t.equal(config.applicationPools.length, 1, 'DefaultAppPool exists without being declared')
  const [pool] = config.applicationPools
  t.match(pool, {
    name: 'DefaultAppPool',
    queueLength: 1000,
    autoStart: true,
    isolation: 'thread',
    concurrentRequests: 256,
    processModel: { maxProcesses: 1, threads: 1, startupTimeLimit: 90_000, idleTimeout: 1_200_000 },
    recycling: { periodicRestart: { time: 29 * 3_600_000, schedule: [] } },
    failure: { inFlight: 'reset', rapidFailProtectionMaxCrashes: 5 },
    environmentVariables: {},
  })
  t.strictSame(pool?.resourceLimits, {})
  t.end()
})

t.test('comments, trailing commas, a byte order mark and CRLF are allowed', (t) => {
  const text = `\uFEFF// the server\r\n{ "$schema": "x", /* one */ "sites": [${JSON.stringify({ name: 'a', ...SITE })},],\r\n}`
  const directory = t.testdir({ 'host.json': text })
  t.equal(readConfig(join(directory, 'host.json'), {}).config.sites.length, 1)
  t.end()
})

t.test('a pool takes from applicationPoolDefaults what it does not say itself', (t) => {
  const directory = t.testdir({
    'host.json': JSON.stringify({
      applicationPoolDefaults: {
        queueLength: 50,
        processModel: { threads: 2, startupTimeLimit: '5s' },
        environmentVariables: { A: '1', B: '1' },
      },
      applicationPools: [
        { name: 'One', processModel: { threads: 3 }, environmentVariables: { B: '2' } },
        { name: 'DefaultAppPool', queueLength: 60 },
      ],
      sites: [{ name: 'Main', ...SITE }],
    }),
  })
  const [one, standard, ...more] = readConfig(join(directory, 'host.json'), {}).config.applicationPools
  t.equal(one?.queueLength, 50)
  t.match(one?.processModel, { threads: 3, startupTimeLimit: 5000, maxProcesses: 1 })
  t.strictSame(one?.environmentVariables, { A: '1', B: '2' })
  t.equal(standard?.queueLength, 60)
  t.equal(standard?.processModel.threads, 2)
  t.strictSame(more, [], 'a declared DefaultAppPool is not added again')
  t.end()
})

t.test('sites and applications inherit from the nearest that says something', (t) => {
  const directory = t.testdir({
    'host.json': JSON.stringify({
      applicationPools: [{ name: 'Server' }, { name: 'Site' }, { name: 'Own' }],
      applicationDefaults: { applicationPool: 'Server', pathBase: 'keep' },
      caching: { maxResponseSize: 5, frequentHitThreshold: 2, staleIfError: '00:00:07', maxCacheSize: 9 },
      siteDefaults: { limits: { maxUrlSegments: 5 }, logFile: { directory: './l', period: 'Hourly' } },
      sites: [
        {
          name: 'a',
          bindings: [{ bindingInformation: '*:1:' }],
          applicationDefaults: { applicationPool: 'Site' },
          caching: { enabled: false, frequentHitThreshold: 3 },
          logFile: { period: 'MaxSize', logExtFileFlags: ['Date'] },
          applications: [
            { type: 'static' },
            {
              path: '/own',
              type: 'static',
              applicationPool: 'Own',
              pathBase: 'strip',
              caching: { enabled: true, maxResponseSize: 6 },
            },
          ],
        },
        { name: 'b', ...SITE },
      ],
    }),
  })
  const { config } = readConfig(join(directory, 'host.json'), {})
  const [a, b] = config.sites
  t.match(a?.applications[0], { applicationPool: 'Site', pathBase: 'keep', caching: { enabled: false } })
  t.match(a?.applications[1], { applicationPool: 'Own', pathBase: 'strip', caching: { enabled: true } })
  t.match(b?.applications[0], { applicationPool: 'Server', pathBase: 'keep', caching: { enabled: true } })
  const inherited = { maxResponseSize: 5, frequentHitThreshold: 3, staleIfError: 7000 }
  t.match(a?.applications[0]?.caching, inherited)
  t.match(a?.applications[1]?.caching, { ...inherited, maxResponseSize: 6 })
  t.match(b?.caching, { ...inherited, frequentHitThreshold: 2, enabled: true })
  t.notOk('maxCacheSize' in (b?.caching ?? {}), 'what is the server’s alone')
  t.match(a?.logFile, { directory: join(directory, 'l'), period: 'MaxSize', logExtFileFlags: ['Date'] })
  t.match(b?.logFile, { directory: join(directory, 'l'), period: 'Hourly' })
  t.equal(a?.limits.maxUrlSegments, 5)
  t.equal(config.log.errorLoggingDir, join(directory, 'l'))
  t.strictSame(
    config.applicationPools.map((pool) => pool.name),
    ['Server', 'Site', 'Own'],
    'DefaultAppPool is not made where nobody uses it',
  )
  t.end()
})

t.test('a site without an id gets the lowest free one', (t) => {
  const site = (name: string, id?: number) => ({
    name,
    ...(id !== undefined && { id }),
    bindings: [{ bindingInformation: `*:80:${name}` }],
    applications: [{ type: 'static' }],
  })
  const sites = [site('a'), site('b', 2), site('c', 1), site('d'), site('e', 7)]
  const directory = t.testdir({ 'host.json': JSON.stringify({ sites }) })
  const { config } = readConfig(join(directory, 'host.json'), {})
  t.strictSame(
    config.sites.map(({ id }) => id),
    [3, 2, 1, 4, 7],
  )
  t.end()
})

t.test('paths and modules are absolute, packages stay names, a single stage is a list', (t) => {
  const directory = t.testdir({
    'app.js': '',
    'host.json': JSON.stringify({
      modules: [
        { name: 'mine', module: './app.js', options: { path: './untouched' } },
        { name: 'theirs', module: '@scope/package' },
        { name: 'cache', options: { a: 1 } },
      ],
      pipeline: { log: 'mine', validate: ['theirs', 'validate'] },
      eventLog: { file: 'events.json' },
      log: { errorLoggingDir: '/elsewhere' },
      sites: [
        {
          name: 'a',
          bindings: [{ bindingInformation: '*:1:' }],
          applications: [
            { module: './app.js', physicalPath: 'files' },
            { path: '/p', module: 'express-app' },
          ],
        },
      ],
    }),
  })
  const { config } = readConfig(join(directory, 'host.json'), {})
  t.match(config.modules, [
    {
      name: 'mine',
      module: join(directory, 'app.js'),
      options: { path: './untouched' },
      pointer: '/modules/0',
    },
    { module: '@scope/package', options: {} },
    { name: 'cache', module: undefined, options: { a: 1 } },
  ])
  t.strictSame(config.pipeline, { validate: ['theirs', 'validate'], log: ['mine'] })
  t.equal(config.eventLog.file, join(directory, 'events.json'))
  t.equal(config.log.errorLoggingDir, '/elsewhere')
  t.match(config.sites[0]?.applications, [
    { module: join(directory, 'app.js'), physicalPath: join(directory, 'files') },
    { module: 'express-app', physicalPath: directory },
  ])
  t.end()
})

t.test('variables of the environment stand in any string', (t) => {
  const directory = t.testdir({
    'host.json': JSON.stringify({
      sites: [
        {
          name: '%NAME%-${STAGE}',
          bindings: [{ bindingInformation: '*:${PORT}:' }],
          applications: [
            {
              type: 'static',
              environment: { A: '$${PORT} 100%', B: '%%', C: '${EMPTY}', D: '${NESTED}' },
              options: { deep: [{ x: '${STAGE}' }] },
            },
          ],
        },
      ],
    }),
  })
  const environment = { NAME: 'Shop', STAGE: 'test', PORT: '8081', EMPTY: '', NESTED: '${PORT}' }
  const [site] = readConfig(join(directory, 'host.json'), environment).config.sites
  t.equal(site?.name, 'Shop-test')
  t.equal(site?.bindings[0]?.port, 8081)
  const [application] = site?.applications ?? []
  t.strictSame(application?.environment, { A: '${PORT} 100%', B: '%%', C: '', D: '${PORT}' })
  t.strictSame(application?.options, { deep: [{ x: 'test' }] })
  t.end()
})

t.test('the configuration cannot be altered', (t) => {
  const directory = t.testdir({ 'host.json': JSON.stringify({ sites: [{ name: 'Main', ...SITE }] }) })
  const { config } = readConfig(join(directory, 'host.json'), {})
  t.throws(() => Object.assign(config.applicationPools[0]?.processModel ?? {}, { threads: 9 }), TypeError)
  t.throws(() => Object.assign(config.sites, { 1: {} }), TypeError)
  t.throws(() => Object.assign(config.sites[0]?.applications[0]?.options ?? {}, { a: 1 }), TypeError)
  t.end()
})

t.test('two files share no defaults, and reading one twice gives the same', (t) => {
  const directory = t.testdir({ 'host.json': JSON.stringify({ sites: [{ name: 'Main', ...SITE }] }) })
  const file = join(directory, 'host.json')
  const first = readConfig(file, {}).config
  const second = readConfig(file, {}).config
  t.strictSame(first, second)
  t.not(first.applicationPools[0]?.environmentVariables, second.applicationPools[0]?.environmentVariables)
  t.end()
})

t.test('problems that show later get their place in the file', (t) => {
  const text = `{\n  "sites": [\n    { "name": "a",\n      "bindings": [{ "bindingInformation": "*:1:" }],\n      "applications": [{ "type": "static" }] }\n  ]\n}`
  const directory = t.testdir({ 'host.json': text })
  const file = join(directory, 'host.json')
  const loaded = readConfig(file, {})
  t.strictSame(loaded.locate('/sites/0/bindings/0'), { line: 4, column: 20 })
  t.strictSame(loaded.locate('/sites/0/limits/maxUrlSegments'), { line: 3, column: 5 }, 'its nearest parent')
  t.strictSame(loaded.locate(''), { line: 1, column: 1 })
  const error = loaded.error([{ pointer: '/sites/0/bindings/0', message: 'the port is in use' }])
  t.equal(error.message, `${file}:4:20: /sites/0/bindings/0: the port is in use`)
  t.end()
})

t.test('what a program is told when it starts stays as it is, below options only', (t) => {
  const text = '%PORT% %SOCKET% %HTTP_PLATFORM_PORT% %NAME% ${PORT}'
  const application = { type: 'program', options: { command: ['x', text] }, environment: { A: '%PORT%' } }
  const site = { ...SITE, name: 'Main', applications: [application] }
  const directory = t.testdir({ 'host.json': JSON.stringify({ sites: [site] }) })
  const { config } = readConfig(join(directory, 'host.json'), { NAME: 'n', PORT: '80' })
  t.match(config.sites[0]?.applications[0], {
    options: { command: ['x', '%PORT% %SOCKET% %HTTP_PLATFORM_PORT% n 80'] },
    environment: { A: '80' },
  })
  t.throws(() => readConfig(join(directory, 'host.json'), {}), /the environment variable "NAME" is not set/)
  t.end()
})
