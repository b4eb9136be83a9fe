/** What sites ask of https: client certificates, Strict-Transport-Security, the way from http, and certificates that change. */
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { makeCertificate } from '../harness/certificates.js'
import { webgarden } from '../harness/command.js'
import { freePort } from '../harness/free-port.js'
import { askHttps, type Asked } from '../harness/https-client.js'
import { startServer, type TestServer } from '../harness/server.js'

const ca = makeCertificate({ names: ['authority'], ca: true })
const cert = makeCertificate({ names: ['*.test'], by: ca })
const soon = makeCertificate({ names: ['soon.test'], by: ca, to: 10 })
const ann = makeCertificate({ names: ['ann'], commonName: 'Ann', by: ca })
const stranger = makeCertificate({ names: ['stranger'] })
const former = makeCertificate({ names: ['bob'], commonName: 'Bob', by: ca, from: -20, to: -10 })

const APP = `
export default (request, response) => {
  const { socket, serverVariables } = request
  if (request.url === '/own') response.setHeader('strict-transport-security', 'max-age=7')
  if (request.url === '/kept') response.setHeader('Cache-Control', 'max-age=60')
  if (request.url === '/slow') return setTimeout(() => response.end('slow'), 500)
  response.end(JSON.stringify({
    authorized: socket.authorized, name: socket.getPeerCertificate?.().subject?.CN,
    CERT_SUBJECT: serverVariables.get('CERT_SUBJECT'), CERT_FLAGS: serverVariables.get('CERT_FLAGS'),
  }))
}`

let server: TestServer
let port: number

const configuration = (more: object = {}): object => ({
  sites: [
    ['open', {}],
    ['asks', { access: { sslFlags: ['Ssl', 'SslNegotiateCert'] } }],
    ['needs', { access: { sslFlags: ['Ssl', 'SslNegotiateCert', 'SslRequireCert'] } }],
    ['soon', {}],
    [
      'strict',
      { hsts: { enabled: true, 'max-age': 300, includeSubDomains: true, redirectHttpToHttps: true } },
    ],
  ].map(([name, settings]) => ({
    name,
    bindings: [
      {
        protocol: 'https',
        bindingInformation: `127.0.0.1:${port}:${name as string}.test`,
        certificates: [
          name === 'soon'
            ? { certFile: 'soon.pem', keyFile: 'soon.key' }
            : { certFile: 'a.pem', keyFile: 'a.key' },
        ],
        tls: { clientCaFile: 'ca.pem' },
      },
      { bindingInformation: '127.0.0.1:0:' },
    ],
    applications: [{ path: '/', module: './app.mjs' }],
    ...(settings as object),
  })),
  ...more,
})

t.before(async () => {
  port = await freePort()
  server = await startServer(configuration(), {
    'app.mjs': APP,
    'ca.pem': ca.cert,
    'a.pem': cert.cert,
    'a.key': cert.key,
    'soon.pem': soon.cert,
    'soon.key': soon.key,
  })
})
t.teardown(() => server.stop())

const ask = (host: string, more: object = {}): Promise<Asked> =>
  askHttps({ port, host: `${host}.test`, ...more })
const plain = async (site: number, path = '/', init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.ports[5 + site] ?? 0}${path}`, { redirect: 'manual', ...init })

t.test('a client that is asked may show a certificate, and the application sees it', async (t) => {
  t.match(JSON.parse((await ask('asks')).text), { authorized: false, CERT_SUBJECT: '', CERT_FLAGS: '' })
  t.match(JSON.parse((await ask('asks', ann)).text), {
    authorized: true,
    name: 'Ann',
    CERT_SUBJECT: 'CN=Ann',
    CERT_FLAGS: '1',
  })
  t.match(JSON.parse((await ask('asks', stranger)).text), { authorized: false, CERT_FLAGS: '3' })
  // Nobody is asked on behalf of others.
  t.match(JSON.parse((await ask('open', ann)).text), { authorized: false, CERT_FLAGS: '' })
})

t.test('without the certificate that an application requires: 403, and why', async (t) => {
  t.equal((await ask('needs', ann)).status, 200)
  const none = await ask('needs')
  t.equal(none.status, 403)
  t.match(none.text, /needs a client certificate/)
  t.match((await ask('needs', stranger)).text, /not trusted/)
  t.match((await ask('needs', former)).text, /has expired/)
  t.equal((await plain(2)).status, 403)
  // A connection that was made for another host has not asked for one.
  t.equal((await ask('needs', { servername: 'open.test', ...ann })).status, 421)
})

t.test(
  'Strict-Transport-Security leaves with everything by https, once, and by http with nothing',
  async (t) => {
    const field = 'strict-transport-security'
    const value = 'max-age=300; includeSubDomains'
    t.equal((await ask('strict')).headers[field], value)
    t.equal((await ask('strict', { path: '/kept' })).headers[field], value)
    const kept = await ask('strict', { path: '/kept' })
    t.equal(kept.headers[field], value)
    t.ok(kept.headers.age, 'from the cache')
    t.equal((await ask('strict', { path: '/own' })).headers[field], 'max-age=7')
    t.equal((await ask('open')).headers[field], undefined)
  },
)

t.test('http is sent to https', async (t) => {
  const got = await plain(4, '/a%20b?c=d')
  t.equal(got.status, 301)
  t.equal(got.headers.get('location'), `https://127.0.0.1:${port}/a%20b?c=d`)
  t.equal(got.headers.get('strict-transport-security'), null)
  t.equal((await plain(4, '/', { method: 'POST', body: 'x' })).status, 308)
  t.equal((await plain(0)).status, 200)
})

t.test('a certificate that expires soon is told of', async (t) => {
  t.match(server.output(), /soon\.pem expires on \d{4}-\d\d-\d\d, in 10 days/)
})

t.test('a new file is a new certificate; connections, and sessions, go on', async (t) => {
  const options = { port, host: '127.0.0.1', servername: 'open.test', rejectUnauthorized: false }
  const held = connectTls(options)
  held.write('GET / HTTP/1.1\r\nHost: open.test\r\n\r\n')
  const [session] = (await once(held, 'session')) as [Buffer]
  const next = makeCertificate({ names: ['*.test'], commonName: 'next', by: ca })
  await writeFile(join(server.folder, 'a.pem'), next.cert)
  await writeFile(join(server.folder, 'a.key'), next.key)
  await server.printed(/new connections get the new ones/)
  t.equal((await ask('open')).shown, 'next')
  t.equal((await ask('open', { session })).resumed, true)
  held.write('GET / HTTP/1.1\r\nHost: open.test\r\nConnection: close\r\n\r\n')
  let text = ''
  held.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await once(held, 'end')
  t.match(text, /HTTP\/1\.1 200 OK/)
})

t.test(
  'a broken new file is refused, by itself and by reload, and the old certificate goes on',
  async (t) => {
    await writeFile(
      join(server.folder, 'a.new'),
      makeCertificate({ names: ['*.test'], commonName: 'other' }).cert,
    )
    await rename(join(server.folder, 'a.new'), join(server.folder, 'a.pem'))
    await server.printed(/is not the key of the certificate/)
    t.equal((await ask('open')).shown, 'next')
    const reload = await webgarden(server.folder, 'reload')
    t.not(reload.code, 0)
    t.match(
      reload.stderr + reload.stdout,
      /applicationHost\.json:\d+:\d+: .*keyFile: .*is not the key of the certificate/,
    )
    t.equal((await ask('open')).shown, 'next')
  },
)

t.test('reload takes new certificates at once', async (t) => {
  const last = makeCertificate({ names: ['*.test'], commonName: 'last', by: ca })
  await writeFile(join(server.folder, 'a.pem'), last.cert)
  await writeFile(join(server.folder, 'a.key'), last.key)
  const reload = await webgarden(server.folder, 'reload')
  t.equal(reload.code, 0, reload.stderr)
  t.equal((await ask('open')).shown, 'last')
})
