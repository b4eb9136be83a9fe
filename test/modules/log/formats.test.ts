/** Names of the files of each format, and where one ends and the next begins. */
// Before the first Date: files of the IIS and NCSA formats end by local time.
process.env.TZ = 'America/New_York'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { LogFileConfig } from '../../../core/index.js'
import { list, makeRequest, makeSite, read } from './fixtures.js'
import { runStage } from './run-stage.js'

type Format = LogFileConfig['logFormat']
type Period = LogFileConfig['period']

/** What the requests of one moment after the other are written to. */
const names: Readonly<Record<'W3C' | 'IIS' | 'NCSA' | 'JSON', Readonly<Record<Period, readonly string[]>>>> =
  {
    W3C: {
      Hourly: ['u_ex10123104.log', 'u_ex10123105.log', 'u_ex11010100.log'],
      Daily: ['u_ex101231.log', 'u_ex110101.log'],
      Weekly: ['u_ex101205.log', 'u_ex110101.log'],
      Monthly: ['u_ex1012.log', 'u_ex1101.log'],
      MaxSize: ['u_extend1.log'],
    },
    IIS: {
      Hourly: ['u_in10123023.log', 'u_in10123100.log', 'u_in10123119.log'],
      Daily: ['u_in101230.log', 'u_in101231.log'],
      Weekly: ['u_in101205.log'],
      Monthly: ['u_in1012.log'],
      MaxSize: ['u_inetsv1.log'],
    },
    NCSA: {
      Hourly: ['u_nc10123023.log', 'u_nc10123100.log', 'u_nc10123119.log'],
      Daily: ['u_nc101230.log', 'u_nc101231.log'],
      Weekly: ['u_nc101205.log'],
      Monthly: ['u_nc1012.log'],
      MaxSize: ['u_ncsa1.log'],
    },
    JSON: {
      Hourly: ['u_js10123104.log', 'u_js10123105.log', 'u_js11010100.log'],
      Daily: ['u_js101231.log', 'u_js110101.log'],
      Weekly: ['u_js101205.log', 'u_js110101.log'],
      Monthly: ['u_js1012.log', 'u_js1101.log'],
      MaxSize: ['u_json1.log'],
    },
  }

/** Before and after local midnight, and after that of UTC, which is the new year. */
const moments = [Date.UTC(2010, 11, 31, 4, 59, 59), Date.UTC(2010, 11, 31, 5), Date.UTC(2011, 0, 1)]

for (const [format, periods] of Object.entries(names) as [Format, Record<Period, string[]>][]) {
  for (const [period, expected] of Object.entries(periods) as [Period, string[]][]) {
    t.test(`${format} by ${period}: each line once, in the file of its time`, async (t) => {
      const { directory, folder, log, stop } = await runStage(t)
      const site = makeSite({ directory, logFormat: format, period })
      for (const at of moments) for (let i = 0; i < 1000; i++) log(makeRequest({ site, at, path: `/${i}` }))
      await stop()
      t.same(list(folder), expected)
      const lines = expected.map((name) => read(join(folder, name)).match(/\/\d+\b(?=[ ,"])/g)?.length ?? 0)
      const all = lines.reduce((sum, one) => sum + one, 0)
      t.ok(all >= 3000, `${all} paths`)
      const written = expected.flatMap((name) => read(join(folder, name)).trimEnd().split(/\r?\n/))
      t.equal(written.filter((line) => !line.startsWith('#')).length, 3000)
    })
  }
}

t.test('without logInUTF8 names have no u_, but JSON is always UTF-8', async (t) => {
  const { directory, log, stop } = await runStage(t, { logInUTF8: false })
  const formats: Format[] = ['IIS', 'NCSA', 'JSON']
  formats.forEach((logFormat, index) => {
    log(makeRequest({ site: makeSite({ directory, logFormat }, index + 1), path: '/ü' }))
  })
  await stop()
  t.same(list(join(directory, 'W3SVC1')), ['in101230.log'])
  t.same(list(join(directory, 'W3SVC2')), ['nc101230.log'])
  t.same(list(join(directory, 'W3SVC3')), ['u_js101231.log'])
  t.match(read(join(directory, 'W3SVC3', 'u_js101231.log')), '"cs-uri-stem":"/ü"')
})

t.test('only W3C files have a head', async (t) => {
  const { directory, log, stop } = await runStage(t)
  for (const logFormat of ['IIS', 'NCSA', 'JSON'] as const) {
    log(makeRequest({ site: makeSite({ directory, logFormat }) }))
  }
  await stop()
  const folder = join(directory, 'W3SVC1')
  t.match(read(join(folder, 'u_in101230.log')), /^192/)
  t.match(read(join(folder, 'u_nc101230.log')), /^192/)
  t.match(read(join(folder, 'u_js101231.log')), /^\{/)
})

t.test('custom fields do not show in the names of formats that have none in a column', async (t) => {
  const { directory, folder, log, stop } = await runStage(t)
  const fields = [{ logFieldName: 'x', sourceName: 'x', sourceType: 'RequestHeader' as const }]
  const customFields = { maxCustomFieldLength: 10, fields }
  log(makeRequest({ site: makeSite({ directory, customFields, logFormat: 'JSON' }) }))
  await stop()
  t.same(list(folder), ['u_js101231.log'])
})

t.test(
  'numbered files of all formats end at their size to the byte, and the numbers go on behind compressed ones',
  async (t) => {
    const { directory, folder, log, stop } = await runStage(t)
    mkdirSync(folder)
    writeFileSync(join(folder, 'u_ncsa7.log.gz'), '')
    const site = makeSite({ directory, logFormat: 'NCSA', period: 'MaxSize', truncateSize: 1_048_576 })
    for (let i = 0; i < 15_000; i++) log(makeRequest({ site, path: '/ü' }))
    await stop()
    t.same(list(folder), ['u_ncsa7.log.gz', 'u_ncsa8.log', 'u_ncsa9.log'])
    const first = Buffer.byteLength(read(join(folder, 'u_ncsa8.log')))
    t.ok(first <= 1_048_576 && first > 1_048_576 - 65_536 - 100, `${first} bytes`)
    const lines = ['u_ncsa8.log', 'u_ncsa9.log'].map((name) => read(join(folder, name))).join('')
    t.equal(lines.split('\r\n').length, 15_001)
  },
)
