/** One connection under TLS is like any other: many requests, cached ones, upgrades, crashes, and the end of the server. */
import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import t from 'tap'
import { WebSocket } from 'ws'
import { makeCertificate } from '../harness/certificates.js'
import { rawClient } from '../harness/raw-client.js'
import { startServer, type TestServer } from '../harness/server.js'

const cert = makeCertificate({ names: ['one.test'] })

const APP = `
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
const server = createServer((request, response) => {
  if (request.url === '/crash') process.exit(7)
  if (request.url === '/kept') response.setHeader('Cache-Control', 'max-age=60')
  if (request.url === '/cut') return request.socket.destroy()
  if (request.url === '/slow') return setTimeout(() => response.end('slow'), 300)
  response.end('fine')
})
new WebSocketServer({ server }).on('connection', (socket, { socket: { encrypted, servername } }) => {
  socket.send(JSON.stringify({ encrypted, servername }))
  socket.on('message', (message) => socket.send(message))
})
server.listen(process.env.PORT)
`

let server: TestServer

t.before(async () => {
  server = await startServer(
    {
      sites: [
        {
          name: 'One',
          bindings: [
            {
              protocol: 'https',
              bindingInformation: '127.0.0.1:0:',
              certificates: [{ certFile: 'a.pem', keyFile: 'a.key' }],
            },
          ],
          applications: [{ path: '/', module: './app.mjs' }],
        },
      ],
    },
    { 'app.mjs': APP, 'a.pem': cert.cert, 'a.key': cert.key },
  )
})
t.teardown(() => server.stop())

interface Client {
  readonly socket: TLSSocket
  received: string
  ended: Promise<'closed' | 'reset'>
  until(pattern: RegExp): Promise<string>
}

const open = (): Client => {
  const socket = connect({
    port: server.port,
    host: '127.0.0.1',
    servername: 'one.test',
    rejectUnauthorized: false,
  })
  let how: 'closed' | 'reset' = 'closed'
  socket.on('error', () => (how = 'reset'))
  const client: Client = {
    socket,
    received: '',
    ended: new Promise((resolve) =>
      socket.once('close', () => {
        resolve(how)
      }),
    ),
    until: async (pattern) => {
      while (!pattern.test(client.received)) await once(socket, 'data')
      return client.received
    },
  }
  socket.on('data', (chunk: Buffer) => (client.received += chunk.toString('latin1')))
  return client
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: one.test\r\n\r\n`

t.test(
  'many requests on one connection, pipelined ones too, from the worker and from the cache',
  async (t) => {
    const client = open()
    client.socket.write(get('/'))
    await client.until(/fine$/)
    for (let i = 2; i <= 6; i++) {
      client.socket.write(get('/kept'))
      await client.until(new RegExp(`(fine[\\s\\S]*?){${i}}$`))
    }
    t.match(client.received, /Age: \d/i)
    client.socket.write(get('/') + get('/kept') + get('/'))
    await client.until(/(fine[\s\S]*?){9}$/)
    client.socket.destroy()
    await client.ended
  },
)

t.test('a WebSocket is an upgrade of a secured connection', async (t) => {
  const options = { rejectUnauthorized: false, servername: 'one.test' }
  const socket = new WebSocket(`wss://127.0.0.1:${server.port}/`, options)
  const [hello] = (await once(socket, 'message')) as [Buffer]
  t.same(JSON.parse(hello.toString()), { encrypted: true, servername: 'one.test' })
  const big = 'x'.repeat(500_000)
  socket.send(big)
  const [echo] = (await once(socket, 'message')) as [Buffer]
  t.equal(echo.toString(), big)
  socket.close()
  await once(socket, 'close')
})

t.test('a connection is reset where it would be without TLS', async (t) => {
  // One request each comes first: a reset right behind what TLS sends at its start would be read as an end of the stream.
  const cut = open()
  cut.socket.write(get('/'))
  await cut.until(/fine$/)
  cut.socket.write(get('/cut'))
  t.equal(await cut.ended, 'reset')
  const crash = open()
  crash.socket.write(get('/'))
  const answer = await crash.until(/fine$/)
  crash.socket.write(get('/crash'))
  t.equal(await crash.ended, 'reset')
  t.equal(crash.received, answer)
})

t.test('a stop finishes requests and cuts handshakes that have not been made', async (t) => {
  const client = open()
  client.socket.write(get('/'))
  await client.until(/fine$/)
  const silent = await rawClient(server.port)
  client.socket.write(get('/slow'))
  const stopped = server.printed(/^stopped$/m)
  setTimeout(() => server.process.kill('SIGTERM'), 100)
  await client.until(/slow$/)
  await Promise.all([client.ended, silent.ended(), stopped])
  t.match(client.received, /slow$/)
})
