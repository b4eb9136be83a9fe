/** https through the built server: certificates by name, what applications see, plain HTTP and broken handshakes, logs. */
import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { encryptKey, makeCertificate, makePfx } from '../harness/certificates.js'
import { freePort } from '../harness/free-port.js'
import { askHttps } from '../harness/https-client.js'
import { rawClient } from '../harness/raw-client.js'
import { readLog } from '../harness/read-log.js'
import { startServer, type TestServer } from '../harness/server.js'

const ca = makeCertificate({ names: ['authority'], ca: true })
const one = makeCertificate({ names: ['one.test'], by: ca })
const two = makeCertificate({ names: ['two.test'], by: ca })
const wild = makeCertificate({ names: ['*.wild.test'], by: ca })
const byName = makeCertificate({ names: ['named.test'], by: ca })

const APP = `
export default (request, response) => {
  const { socket, serverVariables } = request
  if (request.url === '/echo') return request.pipe(response)
  response.end(JSON.stringify({
    encrypted: socket.encrypted, HTTPS: serverVariables.HTTPS, secure: serverVariables.get('SERVER_PORT_SECURE'),
    protocol: socket.getProtocol?.(), cipher: socket.getCipher?.().name, servername: socket.servername,
    CRYPT_PROTOCOL: serverVariables.get('CRYPT_PROTOCOL'), version: request.httpVersion, site: serverVariables.INSTANCE_NAME,
  }))
}`

let server: TestServer
let port: number
let strictPort: number

t.before(async () => {
  port = await freePort()
  strictPort = await freePort()
  const binding = (host: string, cert: object, more: object = {}): object => ({
    protocol: 'https',
    bindingInformation: `127.0.0.1:${port}:${host}`,
    certificates: [cert],
    ...more,
  })
  const applications = [{ path: '/', module: './app.mjs' }]
  process.env.PFX_PASS = 'opens it'
  server = await startServer(
    {
      sites: [
        {
          name: 'One',
          bindings: [
            binding('one.test', { certFile: 'one.pem', keyFile: 'one.key', passphrase: 'key pass' }),
          ],
          applications,
        },
        {
          name: 'Two',
          bindings: [binding('two.test', { pfxFile: 'two.pfx', passphrase: '%PFX_PASS%' }, { sslFlags: 1 })],
          applications,
        },
        {
          name: 'Wild',
          bindings: [
            binding('*.wild.test', { certFile: 'wild.pem' }, { tls: { minVersion: 'TLSv1.3' } }),
            { protocol: 'http', bindingInformation: '127.0.0.1:0:' },
          ],
          applications,
        },
        {
          name: 'Strict',
          bindings: [
            {
              protocol: 'https',
              bindingInformation: `127.0.0.1:${strictPort}:strict.test`,
              sslFlags: 1,
              certificates: [{ certFile: 'named.pem' }],
            },
          ],
          applications,
        },
      ],
      webLimits: { headerWaitTimeout: '00:00:02' },
    },
    {
      'app.mjs': APP,
      'one.pem': one.cert,
      'one.key': encryptKey(one, 'key pass'),
      'two.pfx': makePfx(two, 'opens it'),
      'wild.pem': wild.cert + wild.key,
      'named.pem': byName.cert + byName.key,
    },
  )
})
t.teardown(() => server.stop())

const ask = (host: string, more: object = {}) => askHttps({ port, host, ca: ca.cert, ...more })

t.test('a request reaches the application, which sees that the connection is secured', async (t) => {
  t.match(server.output(), new RegExp(`listening on https://one\\.test:${port}`))
  const answer = await ask('one.test', { rejectUnauthorized: true })
  t.equal(answer.status, 200)
  t.match(JSON.parse(answer.text), {
    encrypted: true,
    HTTPS: 'on',
    secure: '1',
    protocol: 'TLSv1.3',
    CRYPT_PROTOCOL: 'TLSv1.3',
    cipher: /AES|CHACHA/,
    servername: 'one.test',
    version: '1.1',
    site: 'One',
  })
})

t.test('sites of one port have their own certificates: PEM, PFX, and one for all names below', async (t) => {
  t.equal((await ask('one.test')).shown, 'one.test')
  t.equal((await ask('two.test')).shown, 'two.test')
  t.equal((await ask('a.wild.test')).shown, '*.wild.test')
  t.match(JSON.parse((await ask('b.wild.test')).text), { site: 'Wild' })
})

t.test(
  'who names no host, or an unknown one, gets the default certificate; a port without one refuses',
  async (t) => {
    t.equal((await ask('one.test', { servername: '' })).shown, 'one.test')
    t.equal((await ask('one.test', { servername: 'stranger.test' })).shown, 'one.test')
    t.equal((await askHttps({ port: strictPort, host: 'strict.test' })).shown, 'named.test')
    await t.rejects(askHttps({ port: strictPort, host: 'strict.test', servername: 'stranger.test' }))
  },
)

t.test('the version that a binding asks for is its own', async (t) => {
  await t.rejects(ask('a.wild.test', { maxVersion: 'TLSv1.2' }))
  t.equal((await ask('one.test', { maxVersion: 'TLSv1.2' })).protocol, 'TLSv1.2')
})

t.test('bodies go both ways', async (t) => {
  const body = 'x'.repeat(300_000)
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'one.test', rejectUnauthorized: false })
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.on('end', () => {
      resolve(text)
    })
    socket.on('error', reject)
    socket.write(
      `POST /echo HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
  })
  t.equal(answer.split('\r\n\r\n').slice(1).join('').match(/x/g)?.length, body.length)
})

t.test('plain HTTP on an https port is told so, and logged', async (t) => {
  const client = await rawClient(port)
  client.send('GET /page HTTP/1.1\r\nHost: one.test\r\n\r\n')
  const { text } = await client.ended()
  t.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/)
  t.match(text, /Plain HTTP was spoken to a port that serves HTTPS/)
  await readLog(server, 'logs/HTTPERR/httperr1.log', / GET \/page 400 - HTTP_On_HTTPS /)
})

t.test('broken handshakes are logged and cost nobody else anything', async (t) => {
  const client = await rawClient(port)
  client.send(Buffer.from([22, 3, 1, 0, 5, 1, 0, 0, 1, 0]))
  await client.ended()
  await readLog(server, 'logs/HTTPERR/httperr1.log', /TLS_Handshake/)
  t.equal((await ask('one.test')).status, 200)
})

t.test('a handshake that is not made in time ends, whether it begins or not', async (t) => {
  const silent = await rawClient(port)
  const half = await rawClient(port)
  half.send(Buffer.from([22, 3, 1, 1, 0, 1]))
  await Promise.all([silent.ended(), half.ended()])
  await readLog(server, 'logs/HTTPERR/httperr1.log', /Timer_TLS_Handshake/)
  t.pass()
})

t.test('sessions are resumed', async (t) => {
  const first = connectTls({ port, host: '127.0.0.1', servername: 'one.test', rejectUnauthorized: false })
  const [session] = (await once(first, 'session')) as [Buffer]
  first.destroy()
  const second = await ask('one.test', { session })
  t.equal(second.resumed, true)
  // The session is that of one binding.
  t.equal((await ask('two.test', { session })).resumed, false)
})
