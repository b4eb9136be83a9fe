/** HTTP/2 through the built server, over TLS and with prior knowledge: what clients, applications and logs see of it. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { constants } from 'node:http2'
import t from 'tap'
import { makeCertificate } from '../harness/certificates.js'
import { webgarden } from '../harness/command.js'
import { askHttps } from '../harness/https-client.js'
import { answerOf, http2Client, type Http2Client } from '../harness/http2-client.js'
import { get, rawClient } from '../harness/raw-client.js'
import { readLog } from '../harness/read-log.js'
import { startServer, type TestServer } from '../harness/server.js'

const cert = makeCertificate({ names: ['h2.test'] })

const APP = `
let aborted = 0
const sockets = new Set()
export default (request, response) => {
  sockets.add(request.socket)
  const { pathname } = new URL(request.url, 'http://x')
  request.on('aborted', () => aborted++)
  switch (pathname) {
    case '/echo': return request.pipe(response)
    case '/slow': return setTimeout(() => response.end('slow'), 300)
    case '/never': console.log('NEVER BEGUN'); return
    case '/aborted': return response.end(String(aborted))
    case '/sockets': return response.end(String(sockets.size))
    case '/crash': process.exit(7)
    case '/destroy': return request.socket.destroy()
    case '/short': response.writeHead(200, { 'content-length': '10' }); return response.end('short')
    case '/kept': response.setHeader('cache-control', 'max-age=60'); return response.end('kept ' + Date.now())
    case '/fields':
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.setHeader('connection', 'close')
      response.setHeader('x-Mixed', 'Case')
      return response.end('fields')
    case '/hints':
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
      return response.end('hinted')
    case '/endless': {
      const more = () => { while (response.write(Buffer.alloc(65536))); }
      response.on('drain', more)
      response.on('close', () => console.log('ENDLESS CLOSED'))
      return more()
    }
    case '/events':
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: first\\n\\n')
      response.on('close', () => console.log('EVENTS CLOSED'))
      request.on('aborted', () => undefined)
      return
    case '/trailers':
      request.resume()
      return request.on('end', () => {
        response.writeHead(200, { Trailer: 'X-Sum' })
        response.write(JSON.stringify(request.trailers))
        response.addTrailers({ 'X-Sum': 'abc' })
        response.end()
      })
  }
  response.end(JSON.stringify({
    version: request.httpVersion, major: request.httpVersionMajor, method: request.method, url: request.url,
    host: request.headers.host, cookie: request.headers.cookie, length: request.headers['content-length'],
    coding: request.headers['transfer-encoding'], pseudo: Object.keys(request.headers).filter((name) => name[0] === ':'),
    protocol: request.serverVariables.SERVER_PROTOCOL, https: request.serverVariables.HTTPS,
  }))
}`

let server: TestServer
let client: Http2Client
let clear: Http2Client

t.before(async () => {
  server = await startServer(
    {
      applicationPools: [{ name: 'other' }],
      sites: [
        {
          name: 'H2',
          bindings: [
            {
              protocol: 'https',
              bindingInformation: '127.0.0.1:0:',
              certificates: [{ certFile: 'a.pem', keyFile: 'a.key' }],
            },
            { bindingInformation: '127.0.0.1:0:', http2: true },
            {
              protocol: 'https',
              bindingInformation: '127.0.0.1:0:',
              sslFlags: 4,
              certificates: [{ certFile: 'a.pem', keyFile: 'a.key' }],
            },
          ],
          logFile: { logExtFileFlags: ['Method', 'UriStem', 'HttpStatus', 'Win32Status', 'ProtocolVersion'] },
          applications: [
            { path: '/', module: './app.mjs' },
            { path: '/other', module: './app.mjs', applicationPool: 'other' },
          ],
        },
      ],
    },
    { 'app.mjs': APP, 'a.pem': cert.cert, 'a.key': cert.key },
  )
  client = http2Client(`https://127.0.0.1:${server.port}`, 'h2.test')
  clear = http2Client(`http://127.0.0.1:${server.ports[1] ?? 0}`, 'h2.test')
})
t.teardown(async () => {
  client.session.destroy()
  clear.session.destroy()
  await server.stop()
})

t.test('an application sees an ordinary request, of version 2.0', async (t) => {
  const { status, text, headers } = await client.ask('/a?b=c', { cookie: ['a=1', 'b=2'] })
  t.equal(status, 200)
  t.match(headers, { date: /GMT/ })
  t.strictSame(JSON.parse(text), {
    version: '2.0',
    major: 2,
    method: 'GET',
    url: '/a?b=c',
    host: 'h2.test',
    cookie: 'a=1; b=2',
    pseudo: [],
    protocol: 'HTTP/2.0',
    https: 'on',
  })
  t.match(JSON.parse((await clear.ask('/')).text), { version: '2.0', https: 'off' })
})

t.test('a body without a length is one that programs recognise', async (t) => {
  t.match(JSON.parse((await client.ask('/', { ':method': 'POST' }, 'x')).text), { coding: 'chunked' })
  const sized = await client.ask('/', { ':method': 'POST', 'content-length': '1' }, 'x')
  t.match(JSON.parse(sized.text), { length: '1', coding: undefined })
})

t.test('fields are those of HTTP/2: lower case, many of a name, none of the connection', async (t) => {
  const { headers } = await client.ask('/fields')
  t.strictSame(headers['set-cookie'], ['a=1', 'b=2'])
  t.equal(headers['x-mixed'], 'Case')
  t.equal(headers.connection, undefined)
  t.equal(headers['keep-alive'], undefined)
  t.equal(headers['transfer-encoding'], undefined)
  // The connection stays: it is not the application's.
  t.equal((await client.ask('/')).status, 200)
})

t.test('bodies stream both ways, unchanged', async (t) => {
  const body = randomBytes(3 * 1_048_576)
  for (const { open } of [client, clear]) {
    const stream = open('/echo', { ':method': 'POST' }, false)
    const hash = createHash('sha256')
    let length = 0
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length
      hash.update(chunk)
    })
    stream.end(body)
    await once(stream, 'end')
    t.equal(length, body.length)
    t.equal(hash.digest('hex'), createHash('sha256').update(body).digest('hex'))
  }
})

t.test('trailers both ways, early hints, HEAD, Expect', async (t) => {
  const stream = client.session.request(
    { ':path': '/trailers', ':method': 'POST', ':authority': 'h2.test' },
    { waitForTrailers: true },
  )
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'x-in': '7' })
  })
  const { text, trailers } = await answerOf(stream, 'body')
  t.equal(text, '{"x-in":"7"}')
  t.equal(trailers['x-sum'], 'abc')
  t.same((await client.ask('/hints')).informed, [103])
  const head = await client.ask('/', { ':method': 'HEAD' })
  t.equal(head.status, 200)
  t.equal(head.text, '')
  t.same((await client.ask('/echo', { ':method': 'POST', expect: '100-continue' }, 'x')).informed, [100])
  t.equal((await client.ask('/', { expect: 'wonders' })).status, 417)
})

t.test('requests of one connection run at once, and take their stand-in sockets in turn', async (t) => {
  const began = performance.now()
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.ask('/slow')))
  t.ok(answers.every(({ text }) => text === 'slow'))
  t.ok(performance.now() - began < 3_000, 'not one after the other')
  const { text: before } = await client.ask('/sockets')
  for (let i = 0; i < 10; i++) await client.ask('/')
  t.equal((await client.ask('/sockets')).text, before)
})

t.test('list requests shows those of HTTP/2, each for itself', async (t) => {
  const streams = [client.open('/events?one'), client.open('/events?two')]
  await Promise.all(streams.map((stream) => once(stream, 'data')))
  const { stdout } = await webgarden(server.folder, 'list requests')
  t.match(stdout, /\/events\?one/)
  t.match(stdout, /\/events\?two/)
  for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL)
  await server.printed(/EVENTS CLOSED/, 2)
})

t.test('a stream that its client cuts is told to the application; the others go on', async (t) => {
  const { text: before } = await client.ask('/aborted')
  const stream = client.open('/never')
  await server.printed(/NEVER BEGUN/)
  const slow = client.ask('/slow')
  stream.close(constants.NGHTTP2_CANCEL)
  t.equal((await slow).text, 'slow')
  t.equal((await client.ask('/aborted')).text, String(Number(before) + 1))
  await readLog(server, await logOf(), /GET \/never HTTP\/2\.0 0 64/)
})

t.test('what an application cuts, or leaves short, is a stream that is reset', async (t) => {
  await t.rejects(client.ask('/destroy'), { code: constants.NGHTTP2_INTERNAL_ERROR })
  await t.rejects(client.ask('/short'), { code: constants.NGHTTP2_INTERNAL_ERROR })
  t.equal((await client.ask('/')).status, 200)
})

t.test('a worker that crashes costs the streams that it had, and no other', async (t) => {
  t.equal((await client.ask('/other/')).status, 200)
  const mine = client.ask('/never')
  const others = client.ask('/other/slow')
  await server.printed(/NEVER BEGUN/, 2)
  await t.rejects(client.ask('/crash'), { code: constants.NGHTTP2_INTERNAL_ERROR })
  await t.rejects(mine, { code: constants.NGHTTP2_INTERNAL_ERROR })
  t.equal((await others).text, 'slow')
  t.notOk(client.session.closed)
  t.equal((await client.ask('/')).status, 200)
})

t.test('a client that reads slowly is not buffered for, and its end is seen', async (t) => {
  const stream = client.open('/endless')
  stream.pause()
  for (let i = 0; i < 20; i++) t.equal((await client.ask('/')).status, 200)
  stream.close(constants.NGHTTP2_CANCEL)
  await server.printed(/ENDLESS CLOSED/)
})

t.test(
  'events come at once, by HTTP/2 and HTTP/1, and the end of their client is seen at once',
  async (t) => {
    const stream = client.open('/events')
    const [chunk] = (await once(stream, 'data')) as [Buffer]
    t.equal(chunk.toString(), 'data: first\n\n')
    stream.close(constants.NGHTTP2_CANCEL)
    await server.printed(/EVENTS CLOSED/, 3)
    const raw = await rawClient(server.ports[1] ?? 0)
    raw.send(get('/events'))
    await raw.until(/data: first\n\n/)
    raw.socket.destroy()
    await server.printed(/EVENTS CLOSED/, 4)
  },
)

t.test('the cache answers HTTP/2 and HTTP/1 alike', async (t) => {
  const { text } = await client.ask('/kept')
  const again = await client.ask('/kept')
  t.equal(again.text, text)
  t.ok(again.headers.age)
  t.equal((await askHttps({ port: server.port, host: 'h2.test', path: '/kept' })).text, text)
  const part = await client.ask('/kept', { range: 'bytes=0-3' })
  t.equal(part.status, 206)
  t.equal(part.text, 'kept')
})

t.test(
  'a client chooses its protocol: h2 by ALPN, HTTP/1.1 by the same port; sslFlags 4 leaves HTTP/1.1',
  async (t) => {
    t.match(JSON.parse((await askHttps({ port: server.port, host: 'h2.test' })).text), { version: '1.1' })
    const old = server.ports[2] ?? 0
    t.equal(
      (await askHttps({ port: old, ALPNProtocols: ['h2', 'http/1.1'], host: 'h2.test' })).alpn,
      'http/1.1',
    )
    const refused = http2Client(`https://127.0.0.1:${old}`, 'h2.test')
    await new Promise((resolve) => refused.session.once('close', resolve))
    t.pass('h2 alone finds nobody')
  },
)

t.test('prior knowledge and HTTP/1 share a port; the preface may come in pieces', async () => {
  const raw = await rawClient(server.ports[1] ?? 0)
  raw.send(get('/'))
  await raw.until(/"version":"1\.1"/)
  raw.send(get('/'))
  await raw.until(/("version":"1\.1"[\s\S]*){2}/)
  raw.socket.destroy()
  const pieces = await rawClient(server.ports[1] ?? 0)
  pieces.socket.setNoDelay(true)
  for (const piece of ['PRI * HT', 'TP/2.0\r\n\r\nS', 'M\r\n\r\n\0\0\0\x04\0\0\0\0\0']) {
    pieces.send(Buffer.from(piece, 'latin1'))
    await new Promise(setImmediate)
  }
  // The server's own SETTINGS.
  await pieces.until(/^\0\0[\s\S]\x04/)
  pieces.socket.destroy()
})

t.test('what the pipeline refuses is refused here: hosts that contradict, bad paths, CONNECT', async (t) => {
  t.equal((await client.ask('/', { host: 'another.test' })).status, 400)
  t.equal((await client.ask('/%00')).status, 400)
  const stream = client.session.request({ ':method': 'CONNECT', ':authority': 'h2.test' })
  const [fields] = (await once(stream, 'response')) as [Record<string, unknown>]
  t.equal(fields[':status'], 400)
  stream.close()
  // Extended CONNECT, which WebSocket over HTTP/2 needs, is not offered: such clients use HTTP/1.1.
  t.not(client.session.remoteSettings.enableConnectProtocol, true)
  t.equal((await client.ask('/')).status, 200)
})

const logOf = async (): Promise<string> => {
  const [name] = await readdir(`${server.folder}/logs/W3SVC1`)
  return `logs/W3SVC1/${name ?? ''}`
}
