/** What a program that holds a running server can do with its configuration: reload it, see its versions, go back. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { ConfigurationError } from '../../../core/errors.js'
import { startServer } from '../../../hosts/start.js'

const start = async (t: Test, more: object = {}) => {
  const configured = (queueLength: number): string =>
    JSON.stringify({
      applicationPools: [{ name: 'A', queueLength }],
      sites: [
        {
          name: 'One',
          bindings: [{ bindingInformation: '127.0.0.1:0:' }],
          applications: [{ path: '/', type: 'static', applicationPool: 'A' }],
        },
      ],
      configHistory: { watch: false, ...more },
    })
  const folder = t.testdir({ 'applicationHost.json': configured(100) })
  const file = join(folder, 'applicationHost.json')
  const events: string[] = []
  const terminal = new Writable({
    write(chunk, _encoding, done) {
      events.push(String(chunk))
      done()
    },
  })
  const server = await startServer(file, terminal)
  t.teardown(() => server.stop())
  return {
    server,
    file,
    folder,
    events,
    configured,
    text: () => readFile(file, 'utf8'),
    length: () => server.config.applicationPools[0]?.queueLength,
  }
}

t.test('versions, and the way back', async (t) => {
  const { server, file, configured, text, length } = await start(t)
  t.same(await server.configHistory(), [], 'nothing is written before something changes')
  await t.rejects(server.rollback(), /no earlier version/)
  await writeFile(file, configured(200))
  t.equal(length(), 100, 'it is not watched')
  t.same(await server.reload(), {
    changed: ['pool "A": queueLength'],
    recycled: [],
    kept: [],
    takenBack: [],
    needsRestart: [],
  })
  t.equal(length(), 200)
  t.match(await server.reload(), { changed: [] }, 'nothing has changed since')
  t.match(await server.configHistory(), [
    { version: 1, changes: ['as it was before the next version'] },
    { version: 2, who: String, at: Number, changes: ['pool "A": queueLength'] },
  ])
  t.match(await server.rollback(), { changed: ['pool "A": queueLength'] })
  t.equal(length(), 100)
  t.equal(await text(), configured(100))
  await server.rollback(2)
  t.equal(length(), 200)
  await t.rejects(server.rollback(9), /no version 9; there are 1, 2, 3, 4/)
})

t.test('a refused file is taken back without a number', async (t) => {
  const { server, file, configured, text, length } = await start(t)
  await writeFile(file, configured(1))
  await t.rejects(server.reload(), ConfigurationError)
  t.match(await server.rollback(), { changed: [] })
  t.equal(await text(), configured(100))
  t.equal(length(), 100)
})

t.test('a version that is not right any more leaves the file as it is', async (t) => {
  const { server, file, configured, folder, text, length } = await start(t)
  await writeFile(file, configured(200))
  await server.reload()
  await writeFile(join(folder, 'history', 'CFGHISTORY_0000000001', 'applicationHost.json'), configured(3))
  await t.rejects(server.rollback(1), ConfigurationError)
  t.equal(await text(), configured(200))
  t.equal(length(), 200)
})

t.test('a folder that cannot be written costs the version, not the change', async (t) => {
  const { server, file, configured, length, events } = await start(t, { path: '/dev/null/history' })
  await writeFile(file, configured(200))
  await server.reload()
  t.equal(length(), 200)
  t.match(events.join(''), /No version of the configuration could be kept in \/dev\/null\/history/)
})

t.test('without a history nothing is kept', async (t) => {
  const { server, file, configured } = await start(t, { enabled: false })
  await writeFile(file, configured(200))
  await server.reload()
  t.same(await server.configHistory(), [])
})
