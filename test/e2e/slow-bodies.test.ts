/** Requests wait for their bodies before they take a place in their pool (serverRuntime.uploadReadAheadSize). */
import t from 'tap'
import { begun } from '../harness/faults.js'
import { answerOf, http2Client } from '../harness/http2-client.js'
import { get, rawClient, type RawClient } from '../harness/raw-client.js'
import { endAndReadLog } from '../harness/site-log.js'
import { startServer, type TestServer } from '../harness/server.js'

/** Says that it has a request, and sends back what it was sent. */
const APP = `
export default (request, response) => {
  console.log('begun ' + request.url)
  if (request.url === '/kept') response.setHeader('cache-control', 'max-age=60')
  const parts = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => response.end('[' + Buffer.concat(parts) + ']'))
}`

const PLACES = 2

const post = (path: string, length: number, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: test\r\n${more}Content-Length: ${length}\r\n\r\n`

const isBegun = (server: TestServer, path: string): boolean => begun(path).test(server.output())

const bodyOf = (text: string): string => /\[([^\]]*)\]$/.exec(text)?.[1] ?? text

t.test('a pool with two places', async (t) => {
  const server = await startServer(
    {
      applicationPools: [{ name: 'DefaultAppPool', concurrentRequests: PLACES }],
      sites: [
        {
          name: 'Test',
          bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:', http2: true }],
          applications: [
            { path: '/', module: './app.mjs', caching: { enabled: true } },
            {
              path: '/at-once',
              module: './app.mjs',
              pathBase: 'keep',
              serverRuntime: { uploadReadAheadSize: 0 },
            },
          ],
        },
      ],
    },
    { 'app.mjs': APP },
  )
  t.teardown(() => server.stop())
  const open = async (text: string): Promise<RawClient> => {
    const client = await rawClient(server.port)
    client.send(text)
    return client
  }
  /** Nothing that was sent before it can still be on its way. */
  const answered = async (path: string): Promise<void> => {
    const client = await open(get(path))
    await client.until(/\[\]/)
    client.socket.destroy()
  }

  t.test('slow bodies take none of them', async (t) => {
    const clients: RawClient[] = []
    for (let i = 0; i < 5 * PLACES; i++) clients.push(await open(`${post(`/slow${i}`, 10)}12345`))
    for (let i = 0; i < 5; i++) await answered(`/normal${i}`)
    for (const at of clients.keys())
      t.notOk(isBegun(server, `/slow${at}`), 'its application has not heard of it')
    for (const { send } of clients) send('6789')
    await answered('/normal')
    for (const [at, client] of clients.entries()) {
      client.send('0')
      t.equal(bodyOf(await client.until(/\]/)), '1234567890')
      // The connection goes on.
      client.forget()
      client.send(`${post(`/again${at}`, 3)}abc`)
      t.equal(bodyOf(await client.until(/\]/)), 'abc')
      client.socket.destroy()
    }
  })

  t.test('a long one is passed on when 49152 bytes have come, and arrives whole', async (t) => {
    const body = Array.from({ length: 10_000 }, (_, at) => String(at).padStart(8, '-')).join('')
    const client = await open(post('/long', body.length))
    for (let at = 0; at < 48_000; at += 1000) {
      client.send(body.slice(at, at + 1000))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await answered('/meanwhile')
    t.notOk(isBegun(server, '/long'))
    client.send(body.slice(48_000, 60_000))
    await server.printed(begun('/long'))
    client.send(body.slice(60_000))
    t.equal(bodyOf(await client.until(/\]/)), body)
    client.socket.destroy()
  })

  t.test('a body that came with its head', async (t) => {
    const client = await open(`${post('/whole', 5)}hello`)
    t.equal(bodyOf(await client.until(/\]/)), 'hello')
    client.socket.destroy()
  })

  t.test('one without a length may be half of a conversation: it is passed on at once', async (t) => {
    const client = await open(
      'POST /chunked HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    )
    await server.printed(begun('/chunked'))
    client.send('6\r\n world\r\n0\r\n\r\n')
    t.equal(bodyOf(await client.until(/\]/)), 'hello world')
    client.socket.destroy()
  })

  t.test('a client that waits for 100 Continue gets it', async (t) => {
    const client = await open(post('/expects', 5, 'Expect: 100-continue\r\n'))
    await client.until(/100 Continue/)
    client.send('hello')
    t.equal(bodyOf(await client.until(/\]/)), 'hello')
    client.socket.destroy()
  })

  t.test('an application with uploadReadAheadSize 0 has each with its head', async (t) => {
    const client = await open(post('/at-once', 5))
    await server.printed(begun('/at-once'))
    client.send('hello')
    t.equal(bodyOf(await client.until(/\]/)), 'hello')
    client.socket.destroy()
  })

  t.test('a client that goes midway is logged, and its application never hears of it', async (t) => {
    const client = await open(`${post('/gone', 10)}12345`)
    await answered('/before')
    client.socket.destroy()
    await answered('/after')
    t.notOk(isBegun(server, '/gone'))
  })

  t.test('on a connection of which the front door knows', async (t) => {
    const client = await open(get('/kept'))
    for (let i = 0; i < 3; i++) {
      await client.until(/\]/)
      client.forget()
      client.send(get('/kept'))
    }
    await client.until(/\]/)
    client.forget()
    client.send(`${post('/after-hits', 10)}12345`)
    await answered('/others')
    t.notOk(isBegun(server, '/after-hits'))
    client.send('67890')
    t.equal(bodyOf(await client.until(/\]/)), '1234567890')
    client.forget()
    client.send(get('/kept'))
    await client.until(/Age: /)
    client.socket.destroy()
  })

  t.test('streams of HTTP/2', async (t) => {
    const client = http2Client(server.url, 'test')
    const fields = { ':method': 'POST', 'content-length': '10' }
    const streams = Array.from({ length: 5 * PLACES }, (_, at) => {
      const stream = client.open(`/stream${at}`, fields, false)
      stream.write('12345')
      return stream
    })
    await answered('/beside-streams')
    t.equal((await client.ask('/same-connection')).text, '[]')
    for (const at of streams.keys()) t.notOk(isBegun(server, `/stream${at}`))
    const [first, ...others] = streams
    first?.close()
    t.same(
      await Promise.all(others.map(async (stream) => (await answerOf(stream, '67890')).text)),
      others.map(() => '[1234567890]'),
    )
    t.notOk(isBegun(server, '/stream0'), 'the one that was taken back never reached it')
    client.session.close()
  })

  t.test('the log has all of them', async (t) => {
    const log = await endAndReadLog(server)
    t.match(log, /POST \/slow0 .* 200 0 0 /)
    t.match(log, /POST \/gone - .* 64 /)
    t.match(log, /POST \/stream0 - .* 64 /)
  })
})
