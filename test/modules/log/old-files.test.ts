import { gunzipSync, gzipSync } from 'node:zlib'
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LogFileConfig } from '../../../core/index.js'
import { list, makeRequest, makeSite, read, until } from './fixtures.js'
import { runStage, START } from './run-stage.js'

const DAY = 86_400_000

type Retention = LogFileConfig['retention']

/** A site with such a rule, and files of earlier days in its folder. */
const withOldFiles = async (
  t: Test,
  retention: Partial<Retention>,
  names: readonly string[],
  changes: Partial<LogFileConfig> = {},
) => {
  const stage = await runStage(t)
  const { directory, folder } = stage
  mkdirSync(folder)
  names.forEach((name) => {
    writeFileSync(join(folder, name), `lines of ${name}`)
  })
  const rule = { maxFiles: 0, maxAge: 0, compress: false, ...retention }
  return { ...stage, site: makeSite({ directory, retention: rule, ...changes }) }
}

const age = (file: string, days: number): void => {
  const at = (START - days * DAY) / 1000
  utimesSync(file, at, at)
}

/** Lets the lines go to the disk. */
const flush = async (clock: { advance(ms: number): void }, file: string): Promise<void> => {
  clock.advance(1000)
  await until(() => existsSync(file))
}

t.test('by default every file stays', async (t) => {
  const { clock, folder, log, stop, site } = await withOldFiles(t, {}, ['u_ex010101.log'])
  log(makeRequest({ site }))
  await flush(clock, join(folder, 'u_ex101231.log'))
  await stop()
  t.same(list(folder), ['u_ex010101.log', 'u_ex101231.log'])
})

t.test('maxFiles keeps the newest old files of the series, and touches no other file', async (t) => {
  const old = ['u_ex101228.log', 'u_ex101229.log', 'u_ex101229.log.gz', 'u_ex101230.log', 'u_ex101227.log.gz']
  const others = [
    'ex101201.log',
    'u_ex101201_x.log',
    'u_ex1012.log',
    'u_in101201.log',
    'u_ex110101.log',
    'notes.txt',
    'u_exabcdef.log',
  ]
  const { clock, folder, log, stop, site } = await withOldFiles(t, { maxFiles: 2 }, [...old, ...others])
  log(makeRequest({ site }))
  clock.advance(1000)
  const expected = [
    ...others,
    'u_ex101229.log',
    'u_ex101229.log.gz',
    'u_ex101230.log',
    'u_ex101231.log',
  ].sort()
  await until(() => list(folder).length === expected.length && existsSync(join(folder, 'u_ex101231.log')))
  t.same(list(folder), expected)
  await stop()
})

t.test('maxAge counts from the last line of a file', async (t) => {
  const names = ['u_ex101220.log', 'u_ex101225.log', 'u_ex101230.log']
  const { clock, folder, log, stop, site } = await withOldFiles(t, { maxAge: 7 * DAY }, names)
  age(join(folder, 'u_ex101220.log'), 8)
  age(join(folder, 'u_ex101225.log'), 6)
  age(join(folder, 'u_ex101230.log'), 1)
  log(makeRequest({ site }))
  await flush(clock, join(folder, 'u_ex101231.log'))
  await until(() => list(folder).length === 3)
  t.same(list(folder), ['u_ex101225.log', 'u_ex101230.log', 'u_ex101231.log'])
  await stop()
})

t.test('compress replaces an old file, time and all, and leaves the one in use', async (t) => {
  const { clock, folder, log, stop, site } = await withOldFiles(t, { compress: true }, ['u_ex101230.log'])
  age(join(folder, 'u_ex101230.log'), 1)
  log(makeRequest({ site }))
  clock.advance(1000)
  await until(() => list(folder).length === 2 && !existsSync(join(folder, 'u_ex101230.log')))
  t.same(list(folder), ['u_ex101230.log.gz', 'u_ex101231.log'])
  const file = join(folder, 'u_ex101230.log.gz')
  t.equal(gunzipSync(readFileSync(file)).toString(), 'lines of u_ex101230.log')
  t.equal(statSync(file).mtimeMs, Math.floor((START - DAY) / 1000) * 1000)
  t.equal(statSync(file).mode & 0o777, 0o640)
  await stop()
})

t.test('at midnight the file of the day that ended is compressed, whole', async (t) => {
  const { clock, folder, log, stop, site } = await withOldFiles(t, { compress: true }, [], {
    logExtFileFlags: ['Time'],
  })
  log(makeRequest({ site, at: START }))
  await flush(clock, join(folder, 'u_ex101231.log'))
  clock.advance(DAY)
  log(makeRequest({ site, at: START + DAY }))
  clock.advance(1000)
  await until(() => list(folder).join() === 'u_ex101231.log.gz,u_ex110101.log')
  t.match(gunzipSync(readFileSync(join(folder, 'u_ex101231.log.gz'))).toString(), /\r\n00:00:12\r\n$/)
  await stop()
})

t.test('numbered files: all but the newest are old', async (t) => {
  const names = ['u_extend2.log', 'u_extend10.log', 'u_extend9.log']
  const { clock, folder, log, stop, site } = await withOldFiles(t, { compress: true, maxFiles: 1 }, names, {
    period: 'MaxSize',
  })
  log(makeRequest({ site }))
  clock.advance(1000)
  await until(() => list(folder).join() === 'u_extend10.log,u_extend9.log.gz')
  await stop()
  t.match(read(join(folder, 'u_extend10.log')), /^lines of u_extend10\.log#Software/)
})

t.test(
  'lines that came after a file was compressed are added to it; what was left half done is done again',
  async (t) => {
    const { clock, folder, log, stop, site } = await withOldFiles(t, { compress: true }, [
      'u_ex101229.log',
      'u_ex101230.log',
      'u_ex101230.log.gz.new',
    ])
    // The server was ended between the two last steps.
    writeFileSync(join(folder, 'u_ex101229.log.gz'), gzipSync('lines of u_ex101229.log'))
    age(join(folder, 'u_ex101229.log'), 2)
    age(join(folder, 'u_ex101229.log.gz'), 2)
    // The clock was set back.
    writeFileSync(join(folder, 'u_ex101230.log.gz'), gzipSync('before, '))
    age(join(folder, 'u_ex101230.log.gz'), 3)
    log(makeRequest({ site }))
    clock.advance(1000)
    await until(() => list(folder).join() === 'u_ex101229.log.gz,u_ex101230.log.gz,u_ex101231.log')
    const unpacked = (name: string): string => gunzipSync(readFileSync(join(folder, name))).toString()
    t.equal(unpacked('u_ex101229.log.gz'), 'lines of u_ex101229.log')
    t.equal(unpacked('u_ex101230.log.gz'), 'before, lines of u_ex101230.log')
    await stop()
  },
)

t.test('a log that no new file begins in is looked after every hour', async (t) => {
  const { clock, folder, log, stop, site } = await withOldFiles(t, { maxAge: DAY }, ['u_ex101230.log'])
  age(join(folder, 'u_ex101230.log'), 0.99)
  log(makeRequest({ site }))
  await flush(clock, join(folder, 'u_ex101231.log'))
  t.ok(existsSync(join(folder, 'u_ex101230.log')))
  clock.advance(60 * 60_000)
  await until(() => !existsSync(join(folder, 'u_ex101230.log')))
  await stop()
})

t.test('a folder in the place of an old file is one event, and the requests are logged', async (t) => {
  const { clock, events, folder, log, stop, site } = await withOldFiles(t, { compress: true }, [])
  mkdirSync(join(folder, 'u_ex101230.log'))
  log(makeRequest({ site }))
  clock.advance(1000)
  await until(() => events.kept.length > 0)
  await stop()
  t.match(events.kept, [{ level: 'warning', text: /can be neither compressed nor deleted \(EISDIR/ }])
  t.same(list(folder), ['u_ex101230.log', 'u_ex101231.log'])
})
