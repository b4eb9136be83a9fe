/** What the listener answers by itself, as clients and logs have it; custom error pages of applications do not change it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import { errorTable, type ErrorCode } from '../../core/errors.js'
import { makeCertificate } from '../harness/certificates.js'
import { webgarden } from '../harness/command.js'
import { askHttps } from '../harness/https-client.js'
import { get, rawClient } from '../harness/raw-client.js'
import { makeRevocationList } from '../harness/revocation-list.js'
import { startServer, type TestServer } from '../harness/server.js'

const APP = `
export default (request, response) => {
  switch (request.url) {
    case '/404': response.writeHead(404).end('own'); return
    case '/wait': return
    case '/crash': throw new Error('on purpose')
    case '/no-response': response.socket.write('nonsense\\r\\n\\r\\n'); response.socket.end(); return
    case '/big': response.write(Buffer.alloc(8e6)); return
    default: response.end('app')
  }
}`
const CUSTOM = 'a page of our own'

const ca = makeCertificate({ names: ['authority'], ca: true })
const cert = makeCertificate({ names: ['*.test'], by: ca })
const ann = makeCertificate({ names: ['ann'], commonName: 'Ann', by: ca })
const bob = makeCertificate({ names: ['bob'], commonName: 'Bob', by: ca })

const httpErrors = {
  name: 'httpErrors',
  options: { errorMode: 'Custom', existingResponse: 'Replace', defaultPath: './custom.html' },
}
const site = (name: string, more: object = {}, pool = name): object => ({
  name,
  bindings: [{ bindingInformation: '127.0.0.1:0:' }],
  applications: [{ path: '/', module: './app.mjs', applicationPool: pool, modules: [httpErrors] }],
  ...more,
})
const denied = (rule: object, denyAction = 'TooManyRequests'): object => ({
  limits: { dynamicIpSecurity: { denyAction, ...rule } },
})
const byRate = { denyByRequestRate: { enabled: true, maxRequests: 1, requestIntervalInMilliseconds: 60_000 } }
const atOnce = { denyByConcurrentRequests: { enabled: true, maxConcurrentRequests: 1 } }
const secured = (name: string, sslFlags: readonly string[]): object => ({
  bindings: [
    {
      protocol: 'https',
      bindingInformation: '127.0.0.1:0:',
      certificates: [{ certFile: 'a.pem', keyFile: 'a.key' }],
      tls: {
        clientCaFile: 'ca.pem',
        clientCrlFile: 'revoked.pem',
        ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:NULL-SHA256:@SECLEVEL=0',
      },
      sslFlags: 32,
    },
    { bindingInformation: '127.0.0.1:0:' },
  ],
  applications: [{ path: '/', module: './app.mjs', access: { sslFlags } }],
  name,
})

const names = ['Main', 'Off', 'Failing', 'Segments', 'Rate', 'Together', 'RateForbidden', 'TogetherForbidden']
let server: TestServer
const portOf = (name: string): number => server.ports[names.indexOf(name)] ?? 0

t.before(async () => {
  server = await startServer(
    {
      webLimits: { maxRequestBytes: 8192, maxFieldLength: 1024 },
      applicationPools: [
        ...names.map((name) => ({
          name,
          failure: {
            ...(name === 'Failing' ? { rapidFailProtectionMaxCrashes: 1 } : {}),
            ...(name === 'Main' ? { inFlight: '502' } : {}),
          },
        })),
      ],
      sites: [
        site('Main', {
          applications: [
            { path: '/', module: './app.mjs', applicationPool: 'Main', modules: [httpErrors] },
            { path: '/broken', module: './broken.mjs', applicationPool: 'Main' },
          ],
        }),
        site('Off'),
        site('Failing'),
        site('Segments', { limits: { maxUrlSegments: 3 } }),
        site('Rate', denied(byRate)),
        site('Together', denied(atOnce)),
        site('RateForbidden', denied(byRate, 'Forbidden')),
        site('TogetherForbidden', denied(atOnce, 'Forbidden')),
        secured('Needs', ['Ssl', 'SslNegotiateCert', 'SslRequireCert']),
        secured('Strong', ['Ssl128']),
      ],
    },
    {
      'app.mjs': APP,
      'broken.mjs': 'throw new Error("broken")',
      'custom.html': CUSTOM,
      'a.pem': cert.cert,
      'a.key': cert.key,
      'ca.pem': ca.cert,
      'revoked.pem': makeRevocationList(ca, [bob]),
    },
  )
})

/** Codes of all that was asked for, so that the logs can be asked for them. */
const provoked = new Set<ErrorCode>()

/** The answer is the table's, to the letter. */
const answersWith = (t: Test, text: string, code: ErrorCode, closed: boolean): void => {
  const { status, title, text: sentence, close } = errorTable[code]
  provoked.add(code)
  t.match(text, new RegExp(`^HTTP/1\\.1 ${status} `), code)
  t.ok(text.includes(`<h2>${title}</h2>`) && text.includes(`HTTP Error ${status}. ${sentence}`), code)
  t.notMatch(text, CUSTOM, code)
  t.equal(closed, close, `${code}: the connection ${close ? 'is closed' : 'is kept'}`)
}

/** Sends it; the connection is kept if it answers a further request. */
const provoke = async (
  t: Test,
  code: ErrorCode,
  bytes: string,
  port: number = portOf('Main'),
): Promise<void> => {
  const client = await rawClient(port)
  client.send(Buffer.from(bytes, 'latin1'))
  await client.until(/<\/HTML>/)
  const text = client.received()
  const closes = /Connection: close/i.test(text)
  if (closes) await client.ended()
  answersWith(t, text, code, closes)
  client.socket.destroy()
}

const post = (more: string): string => `POST / HTTP/1.1\r\nHost: x\r\n${more}\r\n`

const refused: readonly (readonly [ErrorCode, string])[] = [
  ['BAD_REQUEST', get('/').replace(/\r\n$/, '\rx')],
  ['BAD_VERB', 'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['BAD_URL', get('/%zz')],
  ['BAD_URL', get(`/${'a'.repeat(300)}`)],
  ['BAD_HEADER', 'GET / HTTP/1.1\r\nHost: x\r\nA B: x\r\n\r\n'],
  ['BAD_LINE_END', 'GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n'],
  ['BAD_LINE_END', 'GET / HTTP/1.1\nHost: x\n\n'],
  ['BAD_NUMBER', post('Content-Length: 1x\r\n')],
  ['BAD_HOST', 'GET / HTTP/1.1\r\n\r\n'],
  ['BAD_VERSION', 'GET / HTTP/3.0\r\nHost: x\r\n\r\n'],
  ['FIELD_TOO_LONG', get('/', { A: 'b'.repeat(2000) })],
  ['REQUEST_TOO_LONG', `GET / HTTP/1.1\r\nHost: x\r\n${`A: ${'b'.repeat(900)}\r\n`.repeat(12)}\r\n`],
  ['URL_TOO_LONG', `GET /${'a'.repeat(9000)}`],
  ['FORBIDDEN_URL', get('/../a')],
  ['DOUBLE_ESCAPED', get('/%2541')],
  ['EXPECTATION_FAILED', get('/', { Expect: 'x' })],
  ['TRANSFER_CODING', post('Transfer-Encoding: gzip\r\n')],
]

t.test('what no application sees has the fixed text, whatever error pages there are', async (t) => {
  const own = await fetch(`${server.url}/404`)
  t.match(await own.text(), CUSTOM, 'the page is there for what the application answers')
  for (const [code, bytes] of refused) await provoke(t, code, bytes)
  await provoke(t, 'TOO_MANY_SEGMENTS', get('/a/b/c/d'), portOf('Segments'))
})

t.test('a pool that is stopped, has failed, or loses its worker', async (t) => {
  t.equal((await webgarden(server.folder, 'stop apppool Off')).code, 0)
  await provoke(t, 'POOL_DISABLED', get('/'), portOf('Off'))
  const failing = await rawClient(portOf('Failing'))
  failing.send(get('/crash'))
  await failing.ended()
  await server.printed(/ 5002 /)
  await provoke(t, 'APP_OFFLINE', get('/'), portOf('Failing'))
  await provoke(t, 'APP_FAILED', get('/broken'))
  await provoke(t, 'BAD_RESPONSE', get('/no-response'))
  await provoke(t, 'BAD_GATEWAY', get('/crash'))
  const gone = await rawClient(portOf('Main'))
  gone.send(get('/big'))
  await gone.until(/200 OK/)
  gone.socket.resetAndDestroy()
  provoked.add('RESPONSE_CUT')
})

t.test('a client that asks too often, or for too much at once', async (t) => {
  for (const [name, code] of [
    ['Rate', 'TOO_MANY_REQUESTS'],
    ['RateForbidden', 'RATE_FORBIDDEN'],
  ] as const) {
    await provokeAfter(t, name, '/', code)
  }
  for (const [name, code] of [
    ['Together', 'TOO_MANY_AT_ONCE'],
    ['TogetherForbidden', 'CONCURRENCY_FORBIDDEN'],
  ] as const) {
    await provokeAfter(t, name, '/wait', code)
  }
})

const provokeAfter = async (t: Test, name: string, path: string, code: ErrorCode): Promise<void> => {
  const first = await rawClient(portOf(name))
  first.send(get(path))
  if (path === '/') await first.until(/app$/)
  else while (!(await runs(name))) await new Promise((resolve) => setTimeout(resolve, 20))
  await provoke(t, code, get('/'), portOf(name))
  first.socket.destroy()
}

const runs = async (name: string): Promise<boolean> =>
  (await webgarden(server.folder, 'list requests --json')).stdout.includes(`"${name}"`)

t.test('a connection that is not what the application asks for', async (t) => {
  const [needs, needsPlain, strong, strongPlain] = server.ports.slice(names.length)
  await provoke(t, 'TLS_REQUIRED', get('/'), needsPlain)
  await provoke(t, 'STRONG_TLS_REQUIRED', get('/'), strongPlain)
  const asked = async (port: number | undefined, code: ErrorCode | 'well', more: object): Promise<void> => {
    const { status, text } = await askHttps({ port: port ?? 0, host: 'a.test', ...more })
    t.equal(status, code === 'well' ? 200 : errorTable[code].status, code)
    t.match(text, code === 'well' ? 'app' : errorTable[code].text)
    if (code !== 'well') provoked.add(code)
  }
  await asked(needs, 'CERTIFICATE_REQUIRED', {})
  await asked(needs, 'well', ann)
  await asked(needs, 'CERTIFICATE_REVOKED', bob)
  await asked(needs, 'CERTIFICATE_UNTRUSTED', makeCertificate({ names: ['stranger'] }))
  await asked(needs, 'CERTIFICATE_EXPIRED', makeCertificate({ names: ['x'], by: ca, from: -9, to: -1 }))
  await asked(strong, 'well', {})
  const weak = connectTls({
    ...{ port: strong ?? 0, host: '127.0.0.1', servername: 'a.test', rejectUnauthorized: false },
    ciphers: 'NULL-SHA256:@SECLEVEL=0',
    maxVersion: 'TLSv1.2',
  })
  weak.write(get('/', { Host: 'a.test', Connection: 'close' }))
  let text = ''
  for await (const chunk of weak) text += String(chunk)
  t.match(text, /^HTTP\/1\.1 403 [^]*needs an encryption of 128 bits/)
})

t.test('each is in the error log by its reason, or in the log of its site by its sub-status', async (t) => {
  server.process.kill('SIGTERM')
  await server.printed(/^stopped$/m)
  const logs = join(server.folder, 'logs')
  const files = (await readdir(logs, { recursive: true })).filter((name) => name.endsWith('.log'))
  const read = async (kind: (name: string) => boolean): Promise<string> =>
    (await Promise.all(files.filter(kind).map((name) => readFile(join(logs, name), 'latin1')))).join('')
  const errors = await read((name) => name.startsWith('HTTPERR'))
  const access = await read((name) => name.startsWith('W3SVC'))
  for (const code of provoked) {
    const { status, subStatus, reason } = errorTable[code]
    // The error log has what was refused before its site was known, too.
    if (reason === '-')
      t.match(access + errors, new RegExp(` (${status} ${subStatus} \\d+ \\d+|${status} - - -)\\r\\n`), code)
    else
      t.match(
        errors,
        new RegExp(` ${status === 0 ? '(-|200)' : status} (-|\\d+) ${escaped(reason)} \\S*\\r\\n`),
        code,
      )
  }
  await server.stop()
})

const escaped = (text: string): string => text.replace(/[/.]/g, '\\$&')
