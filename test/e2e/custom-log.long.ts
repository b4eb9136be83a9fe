/** Custom log modules in log workers of their own: what they get, and what their faults cost. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { get, rawClient, type RawClient } from '../harness/raw-client.js'
import { oneSite, startServer, writeFolder } from '../harness/server.js'

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

const askAll = async (port: number, paths: readonly string[]): Promise<void> => {
  for (const path of paths) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'User-Agent': 'tester' } })
    await response.text()
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`)
  }
}

// They mostly wait.
t.jobs = 3

/** What each site says of its log; each has a port, in this order. */
const sites = {
  Audited: { modules: ['audit'] },
  All: {},
  Two: { modules: ['two'] },
  Custom: { logFormat: 'Custom', modules: ['two'] },
  Off: { enabled: false },
  Faulty: { modules: ['faulty'] },
  Stalling: { modules: ['stalling'] },
  NoSetUp: { modules: ['no-set-up'] },
}
type SiteName = keyof typeof sites

/** Each a file of the same name that the log module writes. */
const modules = ['audit', 'two', 'faulty', 'stalling', 'no-set-up'] as const
type ModuleName = (typeof modules)[number]

const LIMITS: Readonly<Partial<Record<ModuleName, object>>> = {
  stalling: { maxWaiting: 65_536, writeTimeLimit: '1s', shutdownTimeLimit: '1s' },
  'no-set-up': { shutdownTimeLimit: '200ms' },
}

t.test('log modules of one server', { buffered: true }, async (t) => {
  const dir = t.testdir()
  const fileOf = (name: ModuleName): string => join(dir, name)
  const server = await startServer(
    {
      modules: modules.map((name) =>
        log(name, { file: fileOf(name), setUpFails: name === 'no-set-up' }, LIMITS[name]),
      ),
      pipeline: { log: ['log', ...modules] },
      sites: Object.entries(sites).map(([name, logFile]) => ({
        name,
        bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
        applications: [application],
        logFile,
      })),
    },
    files,
  )
  t.teardown(() => server.stop())
  const portOf = (name: SiteName): number => server.ports[Object.keys(sites).indexOf(name)] ?? 0
  /** Resolves with the records of a module when it has written so many of a site. */
  const written = async (module: ModuleName, site: SiteName, count: number): Promise<Line[]> => {
    for (;;) {
      const records = (await recordsOf(fileOf(module))).filter((record) => record.site === site)
      if (records.length >= count) return records
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  await t.test(
    'records of misses, hits and refused requests arrive, each once, with the headers asked for',
    async (t) => {
      t.match(server.output(), /Module "audit" runs in a log worker of its own/)
      const client = await rawClient(portOf('Audited'))
      for (let asked = 1; asked <= 20; asked++) {
        client.send(get('/cached?x=1', { 'User-Agent': 'tester', Cookie: 'secret' }))
        await answers(client, asked)
      }
      client.send(get('/bad%00'))
      await client.ended()
      await askAll(portOf('Audited'), ['/plain'])
      await written('audit', 'Audited', 21)
      const lines = await linesOf(fileOf('audit'))
      const records = lines.filter(({ path }) => path !== undefined)
      t.equal(records.length, 22)
      t.same(
        records.map(({ cacheHit }) => cacheHit),
        [false, ...Array.from({ length: 19 }, () => true), false, false],
      )
      t.match(records[1], {
        siteId: 1,
        site: 'Audited',
        application: '/',
        pool: 'DefaultAppPool',
        worker: 0,
        clientAddress: '127.0.0.1',
        serverPort: portOf('Audited'),
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
      t.notOk(existsSync(join(server.folder, 'imported-in-the-main-thread')))
    },
  )

  await t.test('sites that want all of them, one of them, one and no file, none', async (t) => {
    for (const name of ['All', 'Two', 'Custom', 'Off'] as const) await askAll(portOf(name), ['/'])
    for (const name of ['All', 'Two', 'Custom'] as const) await written('two', name, 1)
    await written('faulty', 'All', 1)
    const sitesIn = async (name: ModuleName) =>
      (await recordsOf(fileOf(name))).map(({ site }) => site).filter((site) => site !== '')
    t.same(await sitesIn('two'), ['All', 'Two', 'Custom'])
    t.same(await sitesIn('faulty'), ['All'])
  })

  await askAll(portOf('NoSetUp'), ['/'])
  await askAll(portOf('Stalling'), ['/stall'])

  await t.test(
    'a module that exits, crashes or throws: no request fails, and all records follow',
    async (t) => {
      for (const [path, event] of [
        ['/exit', /worker of log module "faulty" ended: it called process\.exit\(7\)/],
        ['/crash', /worker of log module "faulty" ended: nobody catches this/],
        ['/throw', /"faulty" did not take a batch: the database is away/],
      ] as const) {
        await askAll(portOf('Faulty'), ['/before', path])
        await server.printed(event)
        await askAll(portOf('Faulty'), ['/after'])
      }
      await server.printed(/Log module "faulty" takes records again; 0 records were lost/)
      const paths = (await written('faulty', 'Faulty', 9)).map((record) => record.path)
      t.same(
        paths,
        ['/exit', '/crash', '/throw'].flatMap((path) => ['/before', path, '/after']),
      )
    },
  )

  await t.test('a set-up that fails costs events, and records only', async () => {
    await server.printed(/worker of log module "no-set-up" ended: the set-up fails. It is started again/, 2)
  })

  const REQUESTS = 2000
  await t.test('a module that stalls holds up no request', async () => {
    const client = await rawClient(portOf('Stalling'))
    client.send(get('/plain').repeat(REQUESTS))
    await answers(client, REQUESTS)
    await server.printed(/"stalling" does not keep up: as many records wait as may/)
    await server.printed(/"stalling" has stalled: it did not take a batch within 1 s. Its worker is replaced/)
    await askAll(portOf('Stalling'), ['/still-here'])
    client.socket.destroy()
  })

  await t.test('nor, beyond its limit, the stop; what is lost is told, what is not is closed', async (t) => {
    const logs = await readdir(join(server.folder, 'logs'))
    t.same(
      logs.filter((name) => name.startsWith('W3SVC')).sort(),
      Object.keys(sites)
        .map((name, index) => ({ name, folder: `W3SVC${index + 1}` }))
        .filter(({ name }) => name !== 'Custom' && name !== 'Off')
        .map(({ folder }) => folder),
      'a custom log has no file',
    )
    const before = Date.now()
    t.equal(await server.stop(), 0)
    t.ok(Date.now() - before < 8000, 'the stop waits for its limit only')
    const lostBy = (name: ModuleName): number =>
      Number(
        new RegExp(`"${name}" had not taken all its records when the server stopped; (\\d+) record`).exec(
          server.output(),
        )?.[1],
      )
    t.equal(lostBy('stalling'), REQUESTS + 2, 'it is told how many were lost')
    t.equal(lostBy('no-set-up'), 3, 'its own, that of the site that wants all, and that of no site')
    t.notOk((await recordsOf(fileOf('stalling'))).some(({ site }) => site === 'Stalling'))
    t.same((await linesOf(fileOf('audit'))).at(-1), { called: 'close' })
  })
})

t.test(
  'a start that fails behind a log module ends, and its worker with it',
  { buffered: true },
  async (t) => {
    const file = join(t.testdir(), 'out')
    const config = oneSite([application], {
      modules: [log('audit', { file }), { name: 'late', module: './late.mjs' }],
      pipeline: { log: ['audit', 'late'] },
    })
    const late =
      "export default { kind: 'stage', name: 'late', slots: ['log'], setup() { throw new Error('too late') } }"
    await t.rejects(startServer(config, { ...files, 'late.mjs': late }), /too late/)
  },
)

t.test(
  'what is wrong with a log module is told before anything starts, each at its place',
  { buffered: true },
  async (t) => {
    const config = {
      modules: [
        log('a', { file: '' }),
        log('b', { file: 'unwanted' }),
        { name: 'c', module: './nothing.mjs' },
        { name: 'd', module: './exits.mjs' },
        { name: 'e', module: './throws.mjs' },
        { name: 'f', module: './future.mjs' },
        log('g', { file: 'x' }),
      ],
      pipeline: { log: ['log', 'a'], cache: ['cache', 'g'] },
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
      '/modules/2/module: .*nothing.mjs exports no module; make one with defineStage, defineLog',
      '/modules/3/module: ends the thread that loads it, with exit code 3',
      '/modules/4/module: cannot be loaded: not today',
      '/modules/5/module: is made for webgarden >=9',
      '/modules/6/module: is a log module, which runs in a worker',
    ])
      t.match(stderr, new RegExp(`applicationHost\\.json:\\d+:\\d+: ${problem}`))
  },
)
