// Before the first Date: the machine's zone decides where days begin with localTimeRollover.
process.env.TZ = 'America/New_York'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Site } from '../../../core/index.js'
import { RequestQueue } from '../../../core/queue/request-queue.js'
import { ERROR_FIELDS } from '../../../modules/log/error-line.js'
import { headerAt, list, makeRequest, makeSite, read, until } from './fixtures.js'
import { runStage } from './run-stage.js'

const LINE =
  '2010-12-31 00:00:12 10.0.0.1 GET /default.htm - 80 - 192.168.1.5 Mozilla/5.0+(Windows;+U) - 200 0 0 15\r\n'

const NEEDS_PROC = { skip: existsSync('/proc/self/fd') ? false : 'no way to see which files are open' }

const openFiles = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      return []
    }
  })

t.test('a site without requests has no file; the first request makes it, with its header', async (t) => {
  const { directory, folder, log, stop } = await runStage(t)
  t.same(list(directory), [])
  log(makeRequest({ site: makeSite({ directory }) }))
  await stop()
  t.equal(read(join(folder, 'u_ex101231.log')), headerAt('2010-12-31 00:00:12') + LINE)
  t.same(list(directory), ['W3SVC1'])
})

t.test('a line is on the disk within a second, without any other request', async (t) => {
  const { directory, folder, clock, log, stop } = await runStage(t)
  log(makeRequest({ site: makeSite({ directory }) }))
  clock.advance(1000)
  await until(() => read(join(folder, 'u_ex101231.log')).endsWith(LINE))
  await stop()
})

t.test('flushByEntryCountW3CLog writes after so many lines, without waiting for the clock', async (t) => {
  const { directory, folder, log, stop } = await runStage(t)
  const site = makeSite({ directory, flushByEntryCountW3CLog: 2 })
  log(makeRequest({ site }))
  log(makeRequest({ site }))
  await until(() => read(join(folder, 'u_ex101231.log')).endsWith(LINE + LINE))
  await stop()
})

t.test('no line is lost and none is out of order among thousands, at stop', async (t) => {
  const { directory, folder, log, stop } = await runStage(t)
  const site = makeSite({ directory, logExtFileFlags: ['UriStem'] })
  const paths = Array.from({ length: 20_000 }, (_, i) => `/${i}`)
  for (const path of paths) log(makeRequest({ site, path }))
  await stop()
  const [, ...lines] = read(join(folder, 'u_ex101231.log')).split('#Fields: cs-uri-stem\r\n')
  t.equal(lines.join(''), paths.map((path) => `${path}\r\n`).join(''))
})

t.test('a site that does not log has no file', async (t) => {
  const { directory, log, stop } = await runStage(t)
  log(makeRequest({ site: makeSite({ directory, enabled: false }) }))
  await stop()
  t.same(list(directory), [])
})

t.test('custom fields, ANSI and hours show in the name of the file', async (t) => {
  const { directory, folder, log, stop } = await runStage(t, { logInUTF8: false })
  const fields = [{ logFieldName: 'x', sourceName: 'x', sourceType: 'RequestHeader' as const }]
  const customFields = { maxCustomFieldLength: 10, fields }
  log(makeRequest({ site: makeSite({ directory, customFields, period: 'Hourly' }), path: '/ü' }))
  await stop()
  t.same(list(folder), ['ex10123100_x.log'])
})

t.test('a new file begins at midnight UTC', async (t) => {
  const { directory, folder, log, stop } = await runStage(t)
  const site = makeSite({ directory, logExtFileFlags: ['Time'] })
  log(makeRequest({ site, at: Date.UTC(2010, 11, 31, 23, 59, 59, 999) }))
  log(makeRequest({ site, at: Date.UTC(2011, 0, 1) }))
  await stop()
  t.equal(read(join(folder, 'u_ex101231.log')), `${headerAt('2010-12-31 23:59:59', 'time')}23:59:59\r\n`)
  t.equal(read(join(folder, 'u_ex110101.log')), `${headerAt('2011-01-01 00:00:00', 'time')}00:00:00\r\n`)
})

t.test('with localTimeRollover it begins at local midnight, and the times stay UTC', async (t) => {
  const { directory, folder, log, stop } = await runStage(t)
  const site = makeSite({ directory, logExtFileFlags: ['Time'], localTimeRollover: true })
  log(makeRequest({ site, at: Date.UTC(2010, 11, 31, 4, 59, 59) }))
  log(makeRequest({ site, at: Date.UTC(2010, 11, 31, 5) }))
  await stop()
  t.equal(read(join(folder, 'u_ex101230.log')), `${headerAt('2010-12-31 04:59:59', 'time')}04:59:59\r\n`)
  t.equal(read(join(folder, 'u_ex101231.log')), `${headerAt('2010-12-31 05:00:00', 'time')}05:00:00\r\n`)
})

t.test('with period MaxSize the next number begins before a file is too large', async (t) => {
  const { directory, folder, log, stop } = await runStage(t)
  mkdirSync(folder)
  writeFileSync(join(folder, 'u_extend2.log'), 'older\r\n')
  truncateSync(join(folder, 'u_extend2.log'), 1_048_000)
  const site = makeSite({ directory, period: 'MaxSize', truncateSize: 1_048_576, flushByEntryCountW3CLog: 1 })
  const header = headerAt('2010-12-31 00:00:12')
  log(makeRequest({ site }))
  await until(() => read(join(folder, 'u_extend2.log')).endsWith(header + LINE))
  log(makeRequest({ site, path: `/${'a'.repeat(500)}` }))
  await stop()
  t.same(list(folder), ['u_extend2.log', 'u_extend3.log'])
  t.equal(statSync(join(folder, 'u_extend2.log')).size, 1_048_000 + header.length + LINE.length)
  t.ok(read(join(folder, 'u_extend3.log')).startsWith(header))
})

t.test('a file that is opened again gets the header again', async (t) => {
  const { directory, folder, log, stop } = await runStage(t)
  mkdirSync(folder)
  writeFileSync(join(folder, 'u_ex101231.log'), headerAt('2010-12-31 00:00:01') + LINE)
  log(makeRequest({ site: makeSite({ directory }) }))
  await stop()
  t.equal(
    read(join(folder, 'u_ex101231.log')),
    headerAt('2010-12-31 00:00:01') + LINE + headerAt('2010-12-31 00:00:12') + LINE,
  )
})

t.test(
  'a file without requests for 15 minutes is closed, and opened again by the next',
  NEEDS_PROC,
  async (t) => {
    const { directory, folder, clock, log, stop } = await runStage(t)
    const file = join(folder, 'u_ex101231.log')
    const site = makeSite({ directory })
    log(makeRequest({ site }))
    clock.advance(1000)
    await until(() => read(file).endsWith(LINE))
    t.ok(openFiles().includes(file))
    clock.advance(14 * 60_000)
    t.ok(openFiles().includes(file))
    await until(() => {
      clock.advance(60_000)
      return !openFiles().includes(file)
    })
    log(makeRequest({ site }))
    await stop()
    t.equal(read(file), (headerAt('2010-12-31 00:00:12') + LINE).repeat(2))
  },
)

t.test('a change of fields writes a new header into the same file', async (t) => {
  const { directory, folder, log, stop } = await runStage(t)
  log(makeRequest({ site: makeSite({ directory }) }))
  log(makeRequest({ site: makeSite({ directory, logExtFileFlags: ['Method'] }) }))
  await stop()
  t.equal(
    read(join(folder, 'u_ex101231.log')),
    `${headerAt('2010-12-31 00:00:12')}${LINE}${headerAt('2010-12-31 00:00:12', 'cs-method')}GET\r\n`,
  )
})

t.test('a request without a site is in the HTTP error log, with its reason', async (t) => {
  const { directory, log, stop } = await runStage(t)
  const ctx = makeRequest({ site: null, target: '/a b?c', path: '' })
  ctx.error = 'BAD_URL'
  ctx.response.status = 400
  log(ctx)
  await stop()
  t.same(list(directory), ['HTTPERR'])
  t.equal(
    read(join(directory, 'HTTPERR', 'httperr1.log')),
    `${headerAt('2010-12-31 00:00:12', ERROR_FIELDS)}2010-12-31 00:00:12 192.168.1.5 2094 10.0.0.1 80 HTTP/1.1 GET /a+b?c 400 - URL -\r\n`,
  )
})

t.test("what the listener refused is in both the site's log and the HTTP error log", async (t) => {
  const { directory, folder, log, stop } = await runStage(t)
  const site = makeSite({ directory, logExtFileFlags: ['HttpStatus', 'Win32Status'] })
  const full = makeRequest({ site })
  full.error = 'QUEUE_FULL'
  full.queue = new RequestQueue('Api Pool', 10)
  full.response.status = 503
  log(full)
  const gone = makeRequest({ site })
  gone.error = 'CLIENT_GONE'
  gone.response.status = 0
  gone.win32Status = 64
  log(gone)
  const missing = makeRequest({ site })
  missing.error = 'NOT_FOUND'
  missing.response.status = 404
  log(missing)
  await stop()
  t.ok(
    read(join(folder, 'u_ex101231.log')).endsWith(
      '#Fields: sc-status sc-win32-status\r\n503 0\r\n0 64\r\n404 0\r\n',
    ),
  )
  const begin = '2010-12-31 00:00:12 192.168.1.5 2094 10.0.0.1 80 HTTP/1.1 GET /default.htm'
  t.equal(
    read(join(directory, 'HTTPERR', 'httperr1.log')),
    `${headerAt('2010-12-31 00:00:12', ERROR_FIELDS)}${begin} 503 1 QueueFull Api+Pool\r\n${begin} - 1 Client_Reset -\r\n`,
  )
})

t.test('a full disk costs one event, and lines that wait are written when there is room', async (t) => {
  const { directory, folder, clock, events, log, stop } = await runStage(t)
  const file = join(folder, 'u_ex101231.log')
  mkdirSync(folder)
  symlinkSync('/dev/full', file)
  const site = makeSite({ directory })
  log(makeRequest({ site }))
  clock.advance(1000)
  await until(() => events.kept.length > 0)
  t.match(events.kept, [{ id: 0, level: 'error', source: 'W3SVC', text: /cannot be written \(ENOSPC/ }])
  for (let i = 0; i < 3; i++) {
    log(makeRequest({ site }))
    clock.advance(1000)
  }
  unlinkSync(file)
  await until(() => {
    clock.advance(1000)
    return read(file).endsWith(LINE.repeat(4))
  })
  await until(() => events.kept.length === 2)
  t.match(events.kept[1], { level: 'info', text: /can be written again; 0 lines were lost/ })
  await stop()
  t.equal(events.kept.length, 2)
})

t.test('a disk that stays full costs the lines beyond 8 MB, which the stop counts', async (t) => {
  const { directory, folder, events, log, stop } = await runStage(t)
  mkdirSync(folder)
  symlinkSync('/dev/full', join(folder, 'u_ex101231.log'))
  const site = makeSite({ directory })
  const ctx = makeRequest({ site, path: `/${'a'.repeat(4000)}` })
  const heap = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 6000; i++) log(ctx)
  t.ok(process.memoryUsage().arrayBuffers - heap < 20e6)
  await stop()
  t.match(events.kept, [
    { level: 'error', text: /cannot be written/ },
    { level: 'error', text: /until the server stopped; 6000 lines were lost/ },
  ])
})

t.test('a folder that cannot be made is one event for all sites, and no request fails', async (t) => {
  const { directory, clock, events, log, stop } = await runStage(t)
  writeFileSync(join(directory, 'file'), '')
  const inFile = join(directory, 'file', 'logs')
  for (let id = 1; id <= 3; id++) log(makeRequest({ site: makeSite({ directory: inFile }, id) }))
  clock.advance(1000)
  await until(() => events.kept.length > 0)
  await stop()
  t.equal(events.kept.length, 2)
  t.match(events.kept[1], { text: /3 lines were lost/ })
})

t.test('a folder that was deleted is made again, with a new file and its header', async (t) => {
  const { directory, folder, clock, log, stop } = await runStage(t)
  const file = join(folder, 'u_ex101231.log')
  const site = makeSite({ directory })
  log(makeRequest({ site }))
  clock.advance(1000)
  await until(() => read(file).endsWith(LINE))
  rmSync(folder, { recursive: true })
  clock.advance(10_000)
  log(makeRequest({ site }))
  await stop()
  t.equal(read(file), headerAt('2010-12-31 00:00:12') + LINE)
})

t.test('reopen leaves a file that was moved at once, and what waits goes to the new one', async (t) => {
  const { directory, folder, clock, stage, log, stop } = await runStage(t)
  const file = join(folder, 'u_ex101231.log')
  const moved = join(folder, 'moved')
  const site = makeSite({ directory, logExtFileFlags: ['UriStem'] })
  const header = headerAt('2010-12-31 00:00:12', 'cs-uri-stem')
  log(makeRequest({ site, path: '/before' }))
  clock.advance(1000)
  await until(() => read(file).endsWith('/before\r\n'))
  renameSync(file, moved)
  log(makeRequest({ site, path: '/waits' }))
  stage.reopen?.()
  await until(() => read(file).endsWith('/waits\r\n'))
  t.equal(read(file), `${header}/waits\r\n`)
  t.equal(read(moved), `${header}/before\r\n`)
  renameSync(file, moved)
  stage.reopen?.()
  await until(() => !existsSync('/proc/self/fd') || !openFiles().includes(moved))
  t.notOk(existsSync(file), 'no file without a line')
  await stop()
})

t.test('reopen goes on with a file that is still there', async (t) => {
  const { directory, folder, clock, stage, log, stop } = await runStage(t)
  const site = makeSite({ directory })
  log(makeRequest({ site }))
  clock.advance(1000)
  await until(() => read(join(folder, 'u_ex101231.log')).endsWith(LINE))
  stage.reopen?.()
  log(makeRequest({ site }))
  stage.reopen?.()
  await stop()
  t.equal(read(join(folder, 'u_ex101231.log')), headerAt('2010-12-31 00:00:12') + LINE + LINE)
})

t.test('1,000 sites have a file each', async (t) => {
  const { directory, events, log, stop } = await runStage(t)
  for (let id = 1; id <= 1000; id++) log(makeRequest({ site: makeSite({ directory }, id) }))
  await stop()
  t.equal(list(directory).length, 1000)
  t.equal(read(join(directory, 'W3SVC1000', 'u_ex101231.log')), headerAt('2010-12-31 00:00:12') + LINE)
  t.same(events.kept, [])
})

t.test('a change of configuration: other folders, another encoding, and a site that has gone', async (t) => {
  const { directory, configure, log, stop } = await runStage(t)
  const errorLoggingDir = join(directory, 'errors')
  const site = makeSite({ directory }) as { config: object } & Site
  const other = makeSite({ directory }, 2)
  log(makeRequest({ site }))
  log(makeRequest({ site: other }))
  log(makeRequest({ site: null }))
  configure([site], { errorLoggingDir })
  await until(() => read(join(directory, 'W3SVC2', 'u_ex101231.log')).endsWith(LINE))
  t.pass('the log of the site that has gone is written to its end')
  log(makeRequest({ site: null }))
  site.config = makeSite({ directory: join(directory, 'elsewhere') }).config
  log(makeRequest({ site }))
  configure([site], { errorLoggingDir, logInUTF8: false })
  log(makeRequest({ site }))
  log(makeRequest({ site: other }))
  await stop()
  t.same(list(join(directory, 'W3SVC1')), ['u_ex101231.log'])
  t.same(list(join(directory, 'elsewhere', 'W3SVC1')), ['ex101231.log', 'u_ex101231.log'])
  t.same(list(join(directory, 'W3SVC2')), ['ex101231.log', 'u_ex101231.log'], 'a late one has its place')
  t.same([list(join(directory, 'HTTPERR')), list(join(errorLoggingDir, 'HTTPERR'))].flat(), [
    'httperr1.log',
    'httperr1.log',
  ])
})

t.test('a custom log has no file; one that becomes custom is written to its end', async (t) => {
  const { directory, configure, log, stop } = await runStage(t)
  const site = makeSite({ directory }) as { config: object } & Site
  log(makeRequest({ site }))
  log(makeRequest({ site: makeSite({ directory, logFormat: 'Custom' }, 2) }))
  site.config = makeSite({ directory, logFormat: 'Custom' }).config
  configure([site], {})
  await until(() => read(join(directory, 'W3SVC1', 'u_ex101231.log')).endsWith(LINE))
  log(makeRequest({ site }))
  await stop()
  t.equal(read(join(directory, 'W3SVC1', 'u_ex101231.log')).split('\r\n').length, 6, 'head and one line')
  t.same(list(directory), ['W3SVC1'])
})
