/** Custom log modules in log workers of their own: what they get, and what their faults cost. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { get, rawClient, type RawClient } from '../harness/raw-client.js'
import { oneSite, startServer, writeFolder, type TestServer } from '../harness/server.js'

const MODULE = fileURLToPath(new URL('../harness/log-module.js', import.meta.url))
const APP = `export default (request, response) => {
  if (request.url.startsWith('/cached')) response.setHeader('Cache-Control', 'max-age=60')
  response.end('done')
}`
const files = { 'app.mjs': APP }
const application = { path: '/', module: './app.mjs' }

const log = (name: string, options: object, logWorker: object = {}): Record<string, unknown> => ({
  name,
  module: MODULE,
  options,
  logWorker,
})

/** Resolves when so many answers have come. */
const answers = async (client: RawClient, count: number): Promise<void> => {
  while (client.received().split('done').length - 1 < count) await once(client.socket, 'data')
}

type Line = Record<string, unknown>

/** What the module has written, without what tells of its life. */
const linesOf = async (file: string): Promise<Line[]> => {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}

const recordsOf = async (file: string): Promise<Line[]> =>
  (await linesOf(file)).filter(({ called }) => called === undefined)

const startWith = (modules: readonly Record<string, unknown>[], more: object = {}): Promise<TestServer> =>
  startServer(
    oneSite([application], {
      modules,
      pipeline: { log: ['log', ...modules.map(({ name }) => name)] },
      ...more,
    }),
    files,
  )

const askAll = async (server: TestServer, paths: readonly string[]): Promise<void> => {
  for (const path of paths) {
    const response = await fetch(server.url + path, { headers: { 'User-Agent': 'tester' } })
    await response.text()
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`)
  }
}

t.test(
  'records of misses, hits and refused requests arrive, each once, with the headers asked for',
  async (t) => {
    const file = join(t.testdir(), 'out')
    process.env.LOG_MODULE_IMPORTED = file
    t.teardown(() => delete process.env.LOG_MODULE_IMPORTED)
    const server = await startWith([log('audit', { file })])
    t.match(server.output(), /Module "audit" runs in a log worker of its own/)
    const client = await rawClient(server.port)
    for (let asked = 1; asked <= 20; asked++) {
      client.send(get('/cached?x=1', { 'User-Agent': 'tester', Cookie: 'secret' }))
      await answers(client, asked)
    }
    client.send(get('/bad%00'))
    await client.ended()
    await askAll(server, ['/plain'])
    t.equal(await server.stop(), 0)
    const lines = await linesOf(file)
    const records = lines.filter(({ path }) => path !== undefined)
    t.equal(records.length, 22)
    t.same(
      records.map(({ cacheHit }) => cacheHit),
      [false, ...Array.from({ length: 19 }, () => true), false, false],
    )
    t.match(records[1], {
      siteId: 1,
      site: 'Test',
      application: '/',
      pool: 'DefaultAppPool',
      worker: 0,
      clientAddress: '127.0.0.1',
      serverPort: server.port,
      method: 'GET',
      host: 'test',
      path: '/cached',
      query: 'x=1',
      status: 200,
      error: '',
      isMainThread: false,
    })
    t.equal(records[0]?.worker, 1)
    t.same(records[0]?.headers, { 'user-agent': 'tester' }, 'no other headers travel')
    t.match(records[20], { siteId: 0, path: '/bad%00', status: 400, error: 'BAD_URL' })
    t.ok(Number(records[1]?.bytesSent) > 100)
    t.same(lines.at(-1), { called: 'close' })
    t.notMatch(JSON.stringify(lines), /imported in the main thread/)
  },
)

t.test('several at once, one module twice among them, and a site that wants only one of them', async (t) => {
  const dir = t.testdir()
  const [one, two] = [join(dir, 'one'), join(dir, 'two')]
  const site = (name: string, logFile: object) => ({
    name,
    bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
    applications: [application],
    logFile,
  })
  const server = await startServer(
    {
      modules: [log('one', { file: one }), log('two', { file: two })],
      pipeline: { log: ['one', 'two'] },
      sites: [site('Both', {}), site('Two', { modules: ['two'] }), site('Off', { enabled: false })],
    },
    files,
  )
  for (const port of server.ports) await (await fetch(`http://127.0.0.1:${port}/`)).text()
  await server.stop()
  const sitesIn = async (file: string) => (await recordsOf(file)).map(({ site }) => site)
  t.same(await sitesIn(one), ['Both'])
  t.same(await sitesIn(two), ['Both', 'Two'])
})

t.test('a module that exits, crashes or throws: no request fails, and all records follow', async (t) => {
  const file = join(t.testdir(), 'out')
  const server = await startWith([log('audit', { file })])
  for (const [path, event] of [
    ['/exit', /worker of log module "audit" ended: it called process\.exit\(7\)/],
    ['/crash', /worker of log module "audit" ended: nobody catches this/],
    ['/throw', /"audit" did not take a batch: the database is away/],
  ] as const) {
    await askAll(server, ['/before', path])
    await server.printed(event)
    await askAll(server, ['/after'])
  }
  await server.printed(/Log module "audit" takes records again; 0 records were lost/)
  t.equal(await server.stop(), 0)
  const paths = (await recordsOf(file)).map((record) => record.path)
  t.same(
    paths,
    ['/exit', '/crash', '/throw'].flatMap((path) => ['/before', path, '/after']),
  )
})

t.test('a module that stalls holds up neither requests nor, beyond its limit, the stop', async (t) => {
  const file = join(t.testdir(), 'out')
  const limits = { maxWaiting: 65_536, writeTimeLimit: '1s', shutdownTimeLimit: '1s' }
  const server = await startWith([log('audit', { file }, limits)])
  await askAll(server, ['/stall'])
  const client = await rawClient(server.port)
  const REQUESTS = 2000
  client.send(get('/plain').repeat(REQUESTS))
  await answers(client, REQUESTS)
  await server.printed(/"audit" does not keep up: as many records wait as may/)
  await server.printed(/"audit" has stalled: it did not take a batch within 1 s. Its worker is replaced/)
  await askAll(server, ['/still-here'])
  client.socket.destroy()
  const before = Date.now()
  t.equal(await server.stop(), 0)
  t.ok(Date.now() - before < 4000, 'the stop waits for its limit only')
  const lost = /had not taken all its records when the server stopped; (\d+) records were lost/.exec(
    server.output(),
  )
  t.equal(Number(lost?.[1]), REQUESTS + 2, 'it is told how many were lost')
  t.same(await recordsOf(file), [])
})

t.test('a set-up that fails costs events, and records only', async (t) => {
  const file = join(t.testdir(), 'out')
  const server = await startWith([log('audit', { file, setUpFails: true }, { shutdownTimeLimit: '200ms' })])
  await askAll(server, ['/'])
  await server.printed(/worker of log module "audit" ended: the set-up fails. It is started again/, 2)
  t.equal(await server.stop(), 0)
  t.match(server.output(), /1 record was lost/)
})

t.test('a start that fails behind a log module ends, and its worker with it', async (t) => {
  const file = join(t.testdir(), 'out')
  const config = oneSite([application], {
    modules: [log('audit', { file }), { name: 'late', module: './late.mjs' }],
    pipeline: { log: ['audit', 'late'] },
  })
  const late =
    "export default { kind: 'stage', name: 'late', slots: ['log'], setup() { throw new Error('too late') } }"
  await t.rejects(startServer(config, { ...files, 'late.mjs': late }), /too late/)
})

t.test('what is wrong with a log module is told before anything starts, each at its place', async (t) => {
  const config = {
    modules: [
      log('a', { file: '' }),
      log('b', { file: 'unwanted' }),
      { name: 'c', module: './nothing.mjs' },
      { name: 'd', module: './exits.mjs' },
      { name: 'e', module: './throws.mjs' },
      { name: 'f', module: './future.mjs' },
    ],
    pipeline: { log: ['log', 'a'] },
  }
  const folder = await writeFolder(oneSite([application], config), {
    ...files,
    'nothing.mjs': 'export default 5',
    'exits.mjs': 'process.exit(3)',
    'throws.mjs': "throw new Error('not today')",
    'future.mjs': "export default { kind: 'log', name: 'f', webgarden: '>=9', setup() {} }",
  })
  const { code, stderr } = await webgarden(folder, 'check')
  t.equal(code, 2)
  for (const problem of [
    '/modules/0/options/file: must ',
    '/modules/1/options: this file is unwanted',
    '/modules/2/module: .*nothing.mjs exports no module; make one with defineStage, defineLog or',
    '/modules/3/module: ends the thread that loads it, with exit code 3',
    '/modules/4/module: cannot be loaded: not today',
    '/modules/5/module: is made for webgarden >=9',
  ])
    t.match(stderr, new RegExp(`applicationHost\\.json:\\d+:\\d+: ${problem}`))
})

t.test(
  'a log module in another slot, and a site that wants one that is not there, are refused',
  async (t) => {
    const config = oneSite([application], {
      modules: [log('audit', { file: 'x' })],
      siteDefaults: { logFile: { modules: ['audit'] } },
    })
    const first = await webgarden(await writeFolder(config, files), 'check')
    t.match(
      first.stderr,
      /:\d+:\d+: \/sites\/0\/logFile\/modules\/0: there is no log module "audit" in pipeline\.log/,
    )
    const second = await webgarden(
      await writeFolder({ ...config, pipeline: { log: 'audit', cache: ['audit'] } }, files),
      'check',
    )
    t.match(second.stderr, /:\d+:\d+: \/modules\/0\/module: is a log module, which runs in a worker/)
  },
)
