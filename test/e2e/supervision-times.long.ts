/** What supervision does by the clock and by files, with real, short times: idle ends, gardens, changed files. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { get, rawClient, type RawClient } from '../harness/raw-client.js'
import { startServer, type TestServer } from '../harness/server.js'

const APPLICATION = `
console.log('application loaded')
export default (request, response) => {
  if (request.url === '/crash') process.exit(3)
  setTimeout(() => response.end('well'), Number(new URL(request.url, 'http://x').searchParams.get('ms') ?? 0))
}
`

const site = (applications: object[]) => ({
  name: 'Test',
  bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
  applications,
})

const start = (pool: Record<string, unknown>, more: object = {}): Promise<TestServer> =>
  startServer(
    {
      applicationPools: [{ name: 'P', ...pool }],
      sites: [site([{ path: '/', applicationPool: 'P', module: './app/app.mjs' }])],
      ...more,
    },
    { 'app/app.mjs': APPLICATION },
  )

const text = async (url: string): Promise<string> => (await fetch(url)).text()

t.test(
  'a worker without requests ends, one with a long request does not, and the next one starts',
  async (t) => {
    const server = await start({ processModel: { idleTimeout: '1s' } })
    t.teardown(() => server.stop())
    t.equal(await text(`${server.url}/?ms=2500`), 'well', 'longer than the timeout')
    await server.printed(/5186.*Worker 1 .*no request for 1 s/)
    await server.printed(/Worker 1 .*has ended: it was idle/)
    t.equal(await text(server.url), 'well')
    await server.printed(/Worker 2 .*is ready/)
  },
)

t.test('while memory is short idle workers end in a tenth of the time', async (t) => {
  const server = await start(
    { processModel: { idleTimeout: '20s' } },
    { webLimits: { dynamicIdleThreshold: 1 } },
  )
  t.teardown(() => server.stop())
  await server.printed(/5193.*cut to a tenth/)
  t.equal(await text(server.url), 'well')
  await server.printed(/5195.*no request for 2 s/)
})

t.test('AlwaysRunning: loaded without a request, and there again after a crash', async (t) => {
  const server = await start({ startMode: 'AlwaysRunning' })
  t.teardown(() => server.stop())
  await server.printed(/application loaded/)
  await server.printed(/Worker 1 .*is ready/)
  const victim = await rawClient(server.port)
  victim.send(get('/crash'))
  t.match(await victim.ended(), { how: 'reset' })
  await server.printed(/Worker 2 .*is ready/)
})

t.test('demandStartThreshold: the server has no more workers than that', async (t) => {
  const names = Array.from({ length: 11 }, (_value, index) => `P${index}`)
  const server = await startServer(
    {
      webLimits: { demandStartThreshold: 10 },
      applicationPools: names.map((name, index) => ({
        name,
        startMode: index < 10 ? 'AlwaysRunning' : 'OnDemand',
      })),
      sites: [
        site(names.map((name, index) => ({ path: `/${index}`, applicationPool: name, module: './app.mjs' }))),
      ],
    },
    { 'app.mjs': APPLICATION },
  )
  t.teardown(() => server.stop())
  t.equal(await text(`${server.url}/3`), 'well')
  t.equal((await fetch(`${server.url}/10`)).status, 503)
  await server.printed(/5196.*"P10".*demandStartThreshold allows \(10\)/)
})

t.test('changed files of an application replace its workers once they are complete', async (t) => {
  const server = await start({ recycling: { onFileChange: { enabled: true, delay: '500ms' } } })
  t.teardown(() => server.stop())
  t.equal(await text(server.url), 'well')
  const client = await rawClient(server.port)
  client.send(get('/'))
  await client.until(/well/)
  await writeFile(join(server.folder, 'app/other.mjs'), 'export const word = "better"')
  await writeFile(
    join(server.folder, 'app/app.mjs'),
    'import { word } from "./other.mjs"\nexport default (_request, response) => response.end(word)',
  )
  await server.printed(/5080.*Worker 1 .*files of its applications have changed/)
  await server.printed(/Worker 1 .*has ended/)
  client.send(get('/'))
  await client.until(/better/)
  t.equal(server.output().split('5080').length, 2, 'one recycle for both files')
})

t.test('a garden under load recycles one worker after the other, and loses nothing', async (t) => {
  const server = await start(
    {
      processModel: { maxProcesses: 2 },
      recycling: { periodicRestart: { requests: 40 } },
    },
    { eventLog: { file: './events.ndjson' } },
  )
  t.teardown(() => server.stop())
  // The second worker starts with the second connection; those that come when it is there are spread over both.
  const first = await rawClient(server.port)
  first.send(get('/'))
  await first.until(/well/)
  const second = await rawClient(server.port)
  second.send(get('/'))
  await second.until(/well/)
  await server.printed(/Worker 2 .*is ready/)
  const clients = await Promise.all(Array.from({ length: 8 }, () => rawClient(server.port)))
  const ask = async (client: RawClient): Promise<void> => {
    for (let asked = 1; asked <= 12; asked++) {
      client.send(get('/'))
      await client.until(new RegExp(`(well[^]*){${asked}}`))
    }
  }
  await Promise.all(clients.map(ask))
  await server.printed(/5075.*[^]*5075/)
  const events = (await readFile(join(server.folder, 'events.ndjson'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id?: number; taken?: number; facts?: { taken?: number } })
  const taken = events.filter(({ id }) => id === 5075).map((event) => event.taken ?? event.facts?.taken ?? 0)
  t.ok((taken[0] ?? 0) >= 20 && (taken[0] ?? 0) < 40, `the first at half the limit, not at ${taken.join()}`)
  t.ok((taken[1] ?? 0) >= 40, `the second at the whole limit, not at ${taken.join()}`)
})
