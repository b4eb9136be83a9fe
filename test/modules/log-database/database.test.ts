/** Each batch is in the database once, however often it comes; rows fit their columns. */
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import Sqlite from 'better-sqlite3'
import t from 'tap'
import type { LogRecord } from '../../../core/index.js'
import { Database } from '../../../modules/log-database/database.js'
import { rowOf } from '../../../modules/log-database/internet-log.js'

const record = (more: Partial<LogRecord> = {}): LogRecord => ({
  receivedAt: 0,
  completedAt: Date.UTC(2026, 10, 28, 9, 5, 7),
  timeTaken: 3,
  siteId: 2,
  site: 'Two',
  application: '/',
  pool: 'P',
  worker: 1,
  clientAddress: '192.0.2.1',
  clientPort: 5,
  serverAddress: '192.0.2.2',
  serverPort: 80,
  encrypted: false,
  httpVersion: '1.1',
  method: 'GET',
  host: 'x',
  path: '/a',
  query: '',
  user: '',
  status: 200,
  subStatus: 0,
  win32Status: 0,
  error: '',
  cacheHit: false,
  bytesReceived: 10,
  bytesSent: 20,
  headers: {},
  ...more,
})

t.test('a row has the columns of InternetLog in their order, and never more than fits', async (t) => {
  t.same(Object.keys(rowOf(record(), 'utc')), [
    'ClientHost',
    'Username',
    'LogTime',
    'Service',
    'Machine',
    'ServerIP',
    'ProcessingTime',
    'BytesRecvd',
    'BytesSent',
    'ServiceStatus',
    'Win32Status',
    'Operation',
    'Target',
    'Parameters',
  ])
  t.match(rowOf(record(), 'utc'), { LogTime: '2026-11-28 09:05:07', Service: 'W3SVC2', Parameters: '-' })
  const odd = rowOf(record({ path: `/\0\ud800${'x'.repeat(300)}`, bytesSent: 3e9, user: 'Ada' }), 'local')
  t.equal(odd.Target.length, 255)
  t.match(odd.Target, /^\/\ufffd\ufffdx/)
  t.match(odd, { BytesSent: 2_147_483_647, Username: 'Ada' })
})

t.test('a batch that comes again is not written again, over a new connection neither', async (t) => {
  const directory = t.testdir()
  const options = {
    client: 'sqlite',
    connection: 'log.sqlite',
    directory,
    timeLimit: 1000,
    table: 'Log',
    createTable: true,
  } as const
  const rows = [rowOf(record(), 'utc'), rowOf(record(), 'utc')]
  const first = new Database(options)
  await first.write({ source: 'one', number: 1, rows })
  await first.write({ source: 'one', number: 1, rows })
  await first.close()
  const second = new Database(options)
  await second.write({ source: 'one', number: 1, rows })
  await second.write({ source: 'other', number: 1, rows })
  await second.write({ source: 'one', number: 3, rows })
  await second.write({ source: 'one', number: 2, rows })
  await second.close()
  const file = new Sqlite(join(directory, 'log.sqlite'))
  t.teardown(() => file.close())
  t.same(file.prepare('select count(*) as count from Log').get(), { count: 6 })
  t.same(file.prepare('select Source, LastBatch from LogBatches order by Source').all(), [
    { Source: 'one', LastBatch: 3 },
    { Source: 'other', LastBatch: 1 },
  ])
})

t.test('a driver that is not installed: what to install, and where', async (t) => {
  const folder = t.testdir()
  const file = join('/tmp', `webgarden-driver-${process.pid}.mjs`)
  await copyFile(fileURLToPath(new URL('../../../modules/log-database/driver.js', import.meta.url)), file)
  t.teardown(async () => (await import('node:fs/promises')).rm(file))
  const { loadDriver } = (await import(pathToFileURL(file).href)) as {
    loadDriver: (client: string, directory: string) => unknown
  }
  t.throws(() => loadDriver('postgresql', '/tmp'), {
    message:
      'the client "postgresql" needs the package pg, which is not installed; run "npm install pg@8" in /tmp',
  })
  t.ok(loadDriver('mariadb', folder), 'found beside the configuration')
})
