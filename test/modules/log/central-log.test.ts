import { join } from 'node:path'
import { createReadStream } from 'node:fs'
import t from 'tap'
import { readBinaryLog } from '../../../modules/log/binary-reader.js'
import { DEFAULT_FIELDS, headerAt, list, makeRequest, makeSite, read, until } from './fixtures.js'
import { runStage, serverLog } from './run-stage.js'

const FIELDS = DEFAULT_FIELDS.replace('date time ', 'date time s-sitename ')
const lineOf = (id: number, path: string): string =>
  `2010-12-31 00:00:12 W3SVC${id} 10.0.0.1 GET ${path} - 80 - 192.168.1.5 Mozilla/5.0+(Windows;+U) - 200 0 0 15\r\n`

const pathsIn = async (file: string): Promise<string[]> => {
  const paths: string[] = []
  for await (const entry of readBinaryLog(createReadStream(file))) {
    if ('damage' in entry) throw new Error(JSON.stringify(entry))
    paths.push(`${entry.record.site} ${entry.record.path}`)
  }
  return paths
}

t.test('CentralW3C: one file for all sites, with s-sitename, whatever their own logs say', async (t) => {
  const { directory, log, stop } = await runStage(t, { centralLogFileMode: 'CentralW3C' })
  log(makeRequest({ site: makeSite({ directory, logFormat: 'IIS', period: 'Hourly' }) }))
  log(makeRequest({ site: makeSite({ directory }, 1000), path: '/a b' }))
  log(makeRequest({ site: makeSite({ directory, enabled: false }, 3), path: '/silent' }))
  await stop()
  t.same(list(directory), ['W3SVC'])
  t.equal(
    read(join(directory, 'W3SVC', 'u_ex101231.log')),
    headerAt('2010-12-31 00:00:12', FIELDS) + lineOf(1, '/default.htm') + lineOf(1000, '/a+b'),
  )
})

t.test('CentralBinary: one file of records for all sites', async (t) => {
  const { directory, log, stop } = await runStage(t, { centralLogFileMode: 'CentralBinary' })
  const expected: string[] = []
  for (let i = 0; i < 5000; i++) {
    const id = 1 + (i % 7)
    log(makeRequest({ site: makeSite({ directory }, id), path: `/${i % 300}` }))
    expected.push(`${id} /${i % 300}`)
  }
  await stop()
  t.same(list(directory), ['W3SVC'])
  t.same(list(join(directory, 'W3SVC')), ['ra101231.ibl'])
  t.same(await pathsIn(join(directory, 'W3SVC', 'ra101231.ibl')), expected)
})

t.test('the names of binary files, by period', async (t) => {
  const names = {
    Hourly: 'ra10123100.ibl',
    Daily: 'ra101231.ibl',
    Weekly: 'ra101205.ibl',
    Monthly: 'ra1012.ibl',
    MaxSize: 'raw1.ibl',
  } as const
  for (const [period, name] of Object.entries(names)) {
    await t.test(period, async (t) => {
      const { centralBinaryLogFile } = serverLog('')
      const directory = t.testdir({ central: {} })
      const { log, stop } = await runStage(t, {
        centralLogFileMode: 'CentralBinary',
        centralBinaryLogFile: { ...centralBinaryLogFile, directory, period: period as keyof typeof names },
      })
      log(makeRequest())
      await stop()
      t.same(list(join(directory, 'W3SVC')), [name])
    })
  }
})

t.test(
  'a file that is gone on with, and one that begins at midnight, can be read from their beginning',
  async (t) => {
    const { directory, clock, log, stop } = await runStage(t, { centralLogFileMode: 'CentralBinary' })
    const folder = join(directory, 'W3SVC')
    log(makeRequest({ path: '/a' }))
    clock.advance(1000)
    await until(() => read(join(folder, 'ra101231.ibl')) !== '')
    log(makeRequest({ path: '/a' }))
    log(makeRequest({ path: '/a', at: Date.UTC(2011, 0, 1) }))
    await stop()
    t.same(await pathsIn(join(folder, 'ra101231.ibl')), ['1 /a', '1 /a'])
    t.same(await pathsIn(join(folder, 'ra110101.ibl')), ['1 /a'])
  },
)

t.test('a mode whose section is off logs nothing, and the event log says so', async (t) => {
  const { centralBinaryLogFile } = serverLog('')
  const { directory, events, log, stop } = await runStage(t, {
    centralLogFileMode: 'CentralBinary',
    centralBinaryLogFile: { ...centralBinaryLogFile, enabled: false },
  })
  log(makeRequest())
  await stop()
  t.same(list(directory), [])
  t.match(events.kept, [
    {
      level: 'warning',
      text: 'No request is logged: log.centralLogFileMode is CentralBinary, but log.centralBinaryLogFile.enabled is false.',
    },
  ])
})

t.test('the mode can change while the server runs: each line is in one log', async (t) => {
  const { directory, configure, log, stop } = await runStage(t)
  const site = makeSite({ directory, logExtFileFlags: ['UriStem'] })
  const central = { ...serverLog(directory).centralW3CLogFile, logExtFileFlags: ['UriStem'] as const }
  log(makeRequest({ site, path: '/own' }))
  configure([site], { centralLogFileMode: 'CentralW3C', centralW3CLogFile: central })
  log(makeRequest({ site, path: '/central' }))
  configure([site], {
    centralLogFileMode: 'CentralW3C',
    centralW3CLogFile: { ...central, logExtFileFlags: ['SiteName', 'UriStem'] },
  })
  log(makeRequest({ site, path: '/fields' }))
  configure([site], { centralLogFileMode: 'CentralBinary' })
  log(makeRequest({ site, path: '/binary' }))
  configure([site], {})
  log(makeRequest({ site, path: '/again' }))
  await stop()
  const at = '2010-12-31 00:00:12'
  t.equal(
    read(join(directory, 'W3SVC1', 'u_ex101231.log')),
    `${headerAt(at, 'cs-uri-stem')}/own\r\n${headerAt(at, 'cs-uri-stem')}/again\r\n`,
  )
  t.equal(
    read(join(directory, 'W3SVC', 'u_ex101231.log')),
    `${headerAt(at, 'cs-uri-stem')}/central\r\n${headerAt(at, 's-sitename cs-uri-stem')}W3SVC1 /fields\r\n`,
  )
  t.same(await pathsIn(join(directory, 'W3SVC', 'ra101231.ibl')), ['1 /binary'])
})

t.test('what the listener refused is in the HTTP error log in every mode', async (t) => {
  const { directory, log, stop } = await runStage(t, { centralLogFileMode: 'CentralW3C' })
  const ctx = makeRequest({ site: null })
  ctx.error = 'BAD_URL'
  log(ctx)
  await stop()
  t.same(list(directory), ['HTTPERR'])
})
