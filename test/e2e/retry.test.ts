/** `failure.inFlight` "retrySafe": what its clients see when a worker dies with their requests. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { startServer, type TestServer } from '../harness/server.js'

/** Dies of its first request to `/once`, of each to `/always`, and of a POST, also in the middle of `/half`. */
const APPLICATION = `
import { existsSync, writeFileSync } from 'node:fs'
const mark = new URL('./died', import.meta.url)
export default (request, response) => {
  if (request.method === 'POST' || request.url === '/always') process.exit(3)
  if (request.url === '/half') {
    response.writeHead(200, { 'Content-Length': 10 })
    response.write('half')
    return
  }
  if (request.url === '/once' && !existsSync(mark)) {
    writeFileSync(mark, '')
    process.exit(3)
  }
  response.end('well')
}
`

const start = (pool: Record<string, unknown> = {}): Promise<TestServer> =>
  startServer(
    {
      applicationPools: [
        { name: 'P', ...pool, failure: { inFlight: 'retrySafe', ...(pool.failure as object | undefined) } },
      ],
      sites: [
        {
          name: 'Test',
          bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
          applications: [{ path: '/', applicationPool: 'P', module: './app.mjs' }],
        },
      ],
    },
    { 'app.mjs': APPLICATION },
  )

t.test('a GET whose only worker dies is answered by the one that replaces it, and logged once', async (t) => {
  const server = await start()
  const client = await rawClient(server.port)
  client.send(get('/once'))
  t.match(await client.until(/well/), /^HTTP\/1\.1 200 OK/)
  await server.printed(/5009.*0 requests it had taken were lost, 1 given to another worker/)
  client.socket.destroy()
  server.process.kill('SIGTERM')
  await server.printed(/^stopped$/m)
  const folder = join(server.folder, 'logs', 'W3SVC1')
  const [file = ''] = await readdir(folder)
  const lines = (await readFile(join(folder, file), 'utf8')).split('\n')
  t.equal(lines.filter((line) => line.includes(' /once ')).length, 1)
  await server.stop()
})

t.test('a POST is reset, and so is a GET whose answer had begun', async (t) => {
  const server = await start()
  t.teardown(() => server.stop())
  const post = async () => {
    const client = await rawClient(server.port)
    client.send('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n')
    return client.ended()
  }
  t.same(await post(), { how: 'reset', text: '' })
  const half = await rawClient(server.port)
  half.send(get('/half'))
  await half.until(/half$/)
  t.same(await post(), { how: 'reset', text: '' })
  const { how, text } = await half.ended()
  t.equal(how, 'reset')
  t.match(text, /^HTTP\/1\.1 200 OK[\s\S]*half$/)
  await server.printed(/5009[\s\S]*5009/)
})

t.test('a request that kills every worker is tried twice, and counts as two failures', async (t) => {
  const server = await start({ failure: { rapidFailProtectionMaxCrashes: 3 } })
  t.teardown(() => server.stop())
  const first = await rawClient(server.port)
  first.send(get('/always'))
  t.same(await first.ended(), { how: 'reset', text: '' })
  await server.printed(/5009[\s\S]*5009/)
  t.equal(server.output().split('5009').length, 3, 'two workers have died of it')
  const second = await rawClient(server.port)
  second.send(get('/always'))
  await server.printed(/5002.*is disabled/)
  t.match(await second.ended(), { text: /^HTTP\/1\.1 503 / }, 'nobody is left to try it again')
})

t.test('a request whose client has gone is not tried again', async (t) => {
  const server = await start({ concurrentRequests: 1 })
  t.teardown(() => server.stop())
  t.equal(await (await fetch(server.url)).text(), 'well')
  const gone = await rawClient(server.port)
  gone.send(get('/always'))
  gone.socket.resetAndDestroy()
  t.equal(await (await fetch(server.url)).text(), 'well')
  t.ok(server.output().split('5009').length <= 2)
})
