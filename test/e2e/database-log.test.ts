/** The standard log module `database` with SQLite: rows of hits and misses, and a database that is away for a while. */
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { oneSite, startServer, writeFolder, type TestServer } from '../harness/server.js'

const APP = `export default (request, response) => {
  if (request.url.startsWith('/cached')) response.setHeader('Cache-Control', 'max-age=60')
  response.end('done')
}`
const files = { 'app.mjs': APP }

const configOf = (options: object): Record<string, unknown> =>
  oneSite([{ path: '/', module: './app.mjs' }], {
    modules: [{ name: 'database', options: { client: 'sqlite', ...options } }],
    pipeline: { log: 'database' },
  })

const start = (options: object): Promise<TestServer> => startServer(configOf(options), files)

const askAll = async (server: TestServer, paths: readonly string[]): Promise<void> => {
  for (const path of paths) {
    const response = await fetch(server.url + path)
    await response.text()
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`)
  }
}

const rowsIn = (file: string, table = 'InternetLog'): Record<string, unknown>[] => {
  const database = new Sqlite(file, { readonly: true })
  try {
    return database.prepare(`select * from "${table}"`).all() as Record<string, unknown>[]
  } finally {
    database.close()
  }
}

const targetsIn = (file: string): unknown[] => rowsIn(file).map(({ Target }) => Target)

t.test('hits and misses become rows of InternetLog, one for each request', async (t) => {
  const file = join(t.testdir(), 'log.sqlite')
  const server = await start({ connection: file })
  await askAll(server, ['/cached?x=1', '/cached?x=1', '/plain', '/cached?x=1'])
  t.equal((await fetch(`${server.url}/bad%00`)).status, 400)
  t.equal(await server.stop(), 0)
  t.same(targetsIn(file), ['/cached', '/cached', '/plain', '/cached'])
  const [row] = rowsIn(file)
  t.match(row, {
    ClientHost: '127.0.0.1',
    Username: '-',
    LogTime: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
    Service: 'W3SVC1',
    ServerIP: '127.0.0.1',
    ServiceStatus: 200,
    Win32Status: 0,
    Operation: 'GET',
    Target: '/cached',
    Parameters: 'x=1',
  })
  t.ok(Number(row?.BytesSent) > 50 && Number(row?.BytesRecvd) > 50)
  t.equal(rowsIn(file)[2]?.Parameters, '-')
})

t.test('a database that is locked by somebody else: records wait, and follow in order', async (t) => {
  const dir = t.testdir()
  const file = join(dir, 'log.sqlite')
  const spool = join(dir, 'spool', 'waiting')
  const server = await start({ connection: file, spool, timeLimit: '200ms' })
  const other = new Sqlite(file, { timeout: 5000 })
  await askAll(server, ['/1'])
  other.exec('begin exclusive')
  await askAll(server, ['/2', '/3'])
  await server.printed(/database of log "database" cannot be written: .*Requests are served on/)
  await askAll(server, ['/4'])
  other.exec('commit')
  other.close()
  await server.printed(/database of log "database" has what waited; \d+ records? followed from .*, 0 lost/)
  await askAll(server, ['/5'])
  t.equal(await server.stop(), 0)
  t.same(targetsIn(file), ['/1', '/2', '/3', '/4', '/5'])
  t.equal((await stat(spool)).size, 0)
})

t.test('what waits when the server stops follows after the next start', async (t) => {
  const dir = t.testdir()
  const folder = join(dir, 'not-there-yet')
  const options = { connection: join(folder, 'log.sqlite'), spool: join(dir, 'waiting') }
  const first = await start(options)
  await first.printed(/database of log "database" cannot be written: .*directory does not exist/)
  await askAll(first, ['/1', '/2'])
  t.equal(await first.stop(), 0)
  t.match(first.output(), /was away when the server stopped: records wait in .* for the next start; 0 lost/)
  await mkdir(folder)
  const second = await start(options)
  await askAll(second, ['/3'])
  await second.printed(/database of log "database" has what waited; \d records followed/)
  t.equal(await second.stop(), 0)
  t.same(targetsIn(options.connection), ['/1', '/2', '/3'])
})

t.test('options that are wrong are told with their place, before anything starts', async (t) => {
  const refused = async (options: object): Promise<string> => {
    const { code, stderr } = await webgarden(await writeFolder(configOf(options), files), 'check')
    t.equal(code, 2)
    return stderr
  }
  const said = await refused({ client: 'oracle', connection: 'x', tabel: 'Log' })
  t.match(said, /applicationHost\.json:\d+:\d+: \/modules\/0\/options\/client: must be/)
  t.match(said, /applicationHost\.json:\d+:\d+: \/modules\/0\/options\/tabel: unknown key "tabel"/)
  t.match(await refused({}), /\/modules\/0\/options: "connection" is missing \(The file of a SQLite/)
})
