/** Answers of applications that are no valid responses: made safe or refused, told of once, never forwarded; whoever hosts them. */
import { createServer } from 'node:net'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { rawClient } from '../harness/raw-client.js'
import { startServer, type TestServer } from '../harness/server.js'

/** Writes to its socket whatever it is asked for, or answers by node's own means. */
const APP = `
export default (request, response) => {
  const url = new URL(request.url, 'http://x')
  const raw = url.searchParams.get('raw')
  if (raw !== null) {
    const pieces = Buffer.from(raw, 'base64').toString('latin1').split('|')
    const next = () => {
      const piece = pieces.shift()
      if (piece === undefined) { if (url.searchParams.has('end')) response.socket.end(); return }
      response.socket.write(piece, 'latin1')
      setImmediate(next)
    }
    next()
    return
  }
  switch (url.pathname) {
    case '/two': response.setHeader('Content-Length', ['2', '3']); response.end('abc'); return
    case '/same': response.setHeader('Content-Length', ['3', '3']); response.end('abc'); return
    case '/both': response.setHeader('Content-Length', '3'); response.setHeader('Transfer-Encoding', 'chunked'); response.end('abc'); return
    case '/long': response.setHeader('Content-Length', '3'); response.end('abcHTTP/1.1 200 OK\\r\\n\\r\\n'); return
    case '/stream': response.setHeader('Content-Length', '3'); response.write('a'); setImmediate(() => { response.write('bcd'); setImmediate(() => response.end('efg')) }); return
    case '/204': response.statusCode = 204; response.setHeader('Content-Length', '3'); response.end('abc'); return
    case '/304': response.statusCode = 304; response.end('abc'); return
    case '/150': response.writeHead(150); response.end(); return
    case '/bad-length': response.setHeader('Content-Length', '3x'); response.end('abc'); return
    case '/coding': response.setHeader('Transfer-Encoding', 'gzip'); response.end('abc'); return
    case '/hints': try { response.writeEarlyHints({ link: '</a>; rel=preload', 'x-a': 'b\\r\\nX-Injected: 1' }) } catch (error) { response.end('refused ' + error.code) } return
    default: response.end('fine')
  }
}`

const CGI = `#!/bin/sh
case "$PATH_INFO" in
/two) printf 'Content-Type: text/plain\\nContent-Length: 2\\nContent-Length: 3\\n\\nabc' ;;
/long) printf 'Content-Type: text/plain\\nContent-Length: 3\\n\\nabcHTTP/1.1 200 OK' ;;
/nul) printf 'Content-Type: text/plain\\nX-A: a\\000b\\n\\nabc' ;;
/cr) printf 'Content-Type: text/plain\\nX-A: a\\rX-Injected: 1\\n\\nabc' ;;
/none) printf 'Status: 204\\nContent-Length: 3\\n\\nabc' ;;
*) printf 'Content-Type: text/plain\\n\\nfine' ;;
esac
`

/** All that a connection brings for one request, and one more behind it: that one must get its own answer, or none. */
const ask = async (server: TestServer, index: number, path: string, method = 'GET'): Promise<string> => {
  const client = await rawClient(server.ports[index] ?? 0)
  client.send(
    `${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\nGET /fine HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  )
  return (await client.ended()).text
}

const raw = (text: string, end = false): string =>
  `/?raw=${encodeURIComponent(Buffer.from(text, 'latin1').toString('base64'))}${end ? '&end' : ''}`

const heads = (text: string): number => text.split('HTTP/1.1 ').length - 1

const hosted = async (t: Test, server: TestServer, index: number): Promise<void> => {
  const at = (path: string, method?: string) => ask(server, index, path, method)
  const refused = async (path: string, what: string): Promise<void> => {
    const text = await at(path)
    t.match(text, /^HTTP\/1\.1 502 /, `${what}: 502`)
    t.notMatch(text, /Injected/, `${what}: nothing of it is forwarded`)
    t.equal(heads(text), 1, `${what}: closed`)
  }
  await refused('/two', 'two lengths')
  await refused('/bad-length', 'a length that is none')
  await refused('/coding', 'a coding without an end')
  await refused('/150', 'an interim response as the answer')
  await refused(raw('HTTP/1.1 200 OK\r\nX-A: a\nX-Injected: 1\r\nContent-Length: 0\r\n\r\n'), 'a bare LF')
  await refused(raw('HTTP/1.1 200 OK\r\nX-A: a\rX-Injected: 1\r\nContent-Length: 0\r\n\r\n'), 'a bare CR')
  await refused(raw('HTTP/1.1 200 OK\r\nX-Injected: a\0b\r\nContent-Length: 0\r\n\r\n'), 'NUL in a value')
  await refused(raw('HTTP/1.1 200 OK\r\nX\0Injected: a\r\nContent-Length: 0\r\n\r\n'), 'NUL in a name')
  await refused(
    raw('HTTP/1.1 200 OK\r\nX-Injected : a\r\nContent-Length: 0\r\n\r\n'),
    'a blank before the colon',
  )
  await refused(raw('HTTP/1.1 200 OK\r\nX: a\r\n Injected: 1\r\nContent-Length: 0\r\n\r\n'), 'a folded line')
  await refused(
    raw('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n|Content-Length: 4\r\n\r\nInjected'),
    'lengths in pieces',
  )
  await refused(raw('Injected, no HTTP', true), 'no head')
  await refused(
    raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nInjected\r\n0\r\n\r\n'),
    'no chunks',
  )

  const same = await at('/same')
  t.match(same, /^HTTP\/1\.1 200 OK\r\n[^]*abc/)
  t.equal(same.match(/Content-Length: 3/gi)?.length, 1, 'the same length twice is one length')
  const both = await at('/both')
  t.match(both, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n3\r\nabc\r\n0\r\n\r\n/)
  t.notMatch(both.split('\r\n\r\n')[0], /content-length/i, 'beside a coding there is no length')
  for (const path of [
    '/long',
    '/stream',
    raw('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n\r\n'),
  ]) {
    const text = await at(path)
    t.match(text, /\r\n\r\nabc$/, 'what is beyond the length is not sent')
  }
  const chunked = await at(
    raw(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n|1;x=y\r\na\r|\n0\r\nT: 1\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    ),
  )
  t.match(chunked, /1;x=y\r\na\r\n0\r\nT: 1\r\n\r\n$/, 'what is beyond the last chunk is not sent')
  t.match(
    await at(raw('HTTP/1.1 404 Nothing\r\nX: 1\r\n\r\nuntil|the end', true)),
    /^HTTP\/1\.1 404 Nothing\r\n[^]*untilthe end$/,
  )
  const none = await at('/204')
  t.match(none, /^HTTP\/1\.1 204 [^]*HTTP\/1\.1 200 OK\r\n[^]*fine$/, 'the next response follows')
  t.notMatch(none.split('\r\n\r\n')[0], /content-length/i)
  t.match(await at('/304'), /^HTTP\/1\.1 304 [^]*?\r\n\r\n(HTTP|$)/)
  t.notMatch(await at(raw('HTTP/1.1 204 No Content\r\n\r\nabc')), /abc/)
  t.notMatch(await at(raw('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc'), 'HEAD'), /abc/)
  const hints = await at('/hints')
  t.notMatch(hints, /Injected/)
  t.match(hints, /refused ERR_INVALID_CHAR/)
  const interim = raw(
    'HTTP/1.1 103 Early Hints\r\nX-A: a\nX-Injected: 1\r\n\r\n|HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine',
  )
  t.match(await at(interim), /^HTTP\/1\.1 200 OK\r\nContent-Length: 4\r\n\r\nfine$/)
}

t.test('threads and processes', async (t) => {
  const site = (name: string): object => ({
    name,
    bindings: [{ bindingInformation: '127.0.0.1:0:' }],
    applications: [{ path: '/', module: './app.mjs', applicationPool: name }],
  })
  const server = await startServer(
    {
      applicationPools: [{ name: 'thread' }, { name: 'process', isolation: 'process' }],
      sites: [site('thread'), site('process')],
    },
    { 'app.mjs': APP },
  )
  t.teardown(() => server.stop())
  await t.test('thread', (t) => hosted(t, server, 0))
  await t.test('process', (t) => hosted(t, server, 1))
  for (const pool of ['thread', 'process']) {
    for (const kind of ['head', 'lengths', 'body', 'interim'])
      await server.printed(new RegExp(`"${pool}/" answered [^\\n]*${kind}`))
  }
  t.equal(server.output().match(/with a head that is no valid HTTP/g)?.length, 2, 'once for each application')
})

t.test('cgi and proxy', async (t) => {
  const answers: Record<string, string> = {
    '/two': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc',
    '/both':
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    '/nul': 'HTTP/1.1 200 OK\r\nX-Injected: a\0b\r\nContent-Length: 0\r\n\r\n',
    '/lf': 'HTTP/1.1 200 OK\r\nX-A: a\nX-Injected : 1\r\nContent-Length: 0\r\n\r\n',
    '/none': 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc',
    '/fine': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine',
    '/long': 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n\r\n',
  }
  const upstream = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (data) => {
      socket.end(answers[data.toString('latin1').split(' ')[1] ?? ''] ?? '', 'latin1')
    })
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => upstream.close())
  const { port } = upstream.address() as { port: number }
  const site = (name: string, application: object): object => ({
    name,
    bindings: [{ bindingInformation: '127.0.0.1:0:' }],
    applications: [{ path: '/', ...application }],
  })
  const server = await startServer(
    {
      sites: [
        site('cgi', {
          type: 'cgi',
          physicalPath: './cgi',
          options: { extensions: ['.sh'], interpreters: { '.sh': '/bin/sh' } },
        }),
        site('proxy', { type: 'proxy', options: { servers: [`http://127.0.0.1:${port}`] } }),
      ],
    },
    { 'cgi/a.sh': CGI },
  )
  t.teardown(() => server.stop())
  for (const path of ['/a.sh/two', '/a.sh/nul', '/a.sh/cr']) {
    const text = await ask(server, 0, path)
    t.match(text, /^HTTP\/1\.1 502 /, `cgi ${path}`)
    t.notMatch(text, /Injected|abc/)
  }
  t.match(await ask(server, 0, '/a.sh/long'), /\r\n\r\nabc$/)
  t.notMatch(await ask(server, 0, '/a.sh/none'), /abc|content-length: 3/i)
  for (const path of ['/two', '/both', '/nul', '/lf']) {
    const text = await ask(server, 1, path)
    t.match(text, /^HTTP\/1\.1 502 /, `proxy ${path}`)
    t.notMatch(text, /Injected/)
  }
  t.notMatch(await ask(server, 1, '/none'), /abc/)
  const long = await ask(server, 1, '/long')
  t.equal(heads(long.split('abc')[1] ?? ''), 1, 'only the next answer follows')
})
