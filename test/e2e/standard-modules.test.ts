/** The standard modules of the integrated pipeline, as clients see them: one server, an application for each. */
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { request as ask, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import bcrypt from 'bcryptjs'
import t from 'tap'
import { oneSite, startServer, type TestServer } from '../harness/server.js'

const LONG = 'All work and no play makes a long text. '.repeat(500)

const APP = `
import { createHash } from 'node:crypto'
let waiting = null
export default (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://x')
  switch (pathname) {
    case '/long':
      response.setHeader('Content-Type', 'text/plain')
      response.setHeader('ETag', '"abc"')
      return response.end('All work and no play makes a long text. '.repeat(500))
    case '/cached':
      response.setHeader('Content-Type', 'text/plain')
      response.setHeader('Cache-Control', 'max-age=60')
      return response.end('the same for all '.repeat(200))
    case '/short':
      response.setHeader('Content-Type', 'text/plain')
      return response.end('short')
    case '/pieces':
      response.setHeader('Content-Type', 'application/json')
      for (let i = 0; i < 2000; i++) response.write(JSON.stringify({ number: i }) + '\\n')
      return response.end()
    case '/large': {
      response.writeHead(200, { 'Content-Type': 'text/plain' })
      let left = 200
      const more = () => {
        while (left-- > 0) if (!response.write(createHash('sha512').update(String(left)).digest('hex').repeat(500))) {
          response.once('drain', more)
          return
        }
        response.end()
      }
      return more()
    }
    case '/endless':
      response.writeHead(200, { 'Content-Type': 'text/plain' })
      response.on('close', () => waiting?.end('closed'))
      return response.write('begun'.repeat(1000))
    case '/was-closed':
      waiting = response
      return
    case '/zipped':
      response.setHeader('Content-Type', 'text/plain')
      response.setHeader('Content-Encoding', 'gzip')
      return response.end('x'.repeat(5000))
    case '/untouched':
      response.setHeader('Content-Type', 'text/plain')
      response.setHeader('Cache-Control', 'no-transform')
      return response.end('x'.repeat(5000))
    case '/events':
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      return response.write('data: first\\n\\n')
    case '/empty-404':
      response.writeHead(404)
      return response.end()
    case '/own-404':
      response.writeHead(404, { 'Content-Type': 'application/json' })
      return response.end('{"own":true}')
    case '/teapot':
      response.statusCode = 418
      response.write('short ')
      return response.end('and stout')
    case '/pay':
      return response.writeHead(402).end()
    case '/throws':
      return response.writeHead(500).end()
    case '/sorry':
      response.setHeader('Content-Type', 'text/plain')
      return response.end('sorry, ' + decodeURIComponent(request.url))
    case '/moved':
      response.writeHead(302, { Location: 'http://inside:8080/other' })
      return response.end()
    default:
      response.setHeader('Content-Type', 'text/plain')
      response.end('app ' + request.url + ' ' + (request.headers['x-set'] ?? ''))
  }
}
`

const CALLER = `
import { defineModule } from 'webgarden'
export default defineModule({
  name: 'caller',
  setup: () => ({
    async authorize(ctx) {
      if (ctx.path !== '/quiet' && ctx.path !== '/loud') return 'CONTINUE'
      await ctx.executeUrl({ url: '/empty-404', disableCustomError: ctx.path === '/quiet' })
      return 'FINISH'
    },
  }),
})
`

const start = (): Promise<TestServer> =>
  startServer(
    oneSite([
      {
        path: '/',
        physicalPath: './public',
        modules: [
          { name: 'defaultDocument' },
          { name: 'directoryBrowse' },
          {
            name: 'staticContent',
            options: {
              mimeMap: [{ fileExtension: '.odd', mimeType: 'application/x-odd' }, { remove: '.svg' }],
              clientCache: {
                cacheControlMode: 'UseMaxAge',
                cacheControlMaxAge: '2h',
                cacheControlCustom: 'public',
              },
            },
          },
        ],
      },
      {
        path: '/bare',
        physicalPath: './public',
        modules: [{ name: 'urlCompression' }, { name: 'staticContent' }],
      },
      {
        path: '/zip',
        module: './app.mjs',
        modules: [{ name: 'urlCompression', options: { minFileSizeForComp: 1000 } }],
      },
      {
        path: '/errors',
        module: './app.mjs',
        modules: [
          { name: 'urlCompression' },
          {
            name: 'httpErrors',
            options: {
              errorMode: 'Custom',
              directory: './pages',
              error: [
                { statusCode: 404, path: '404.html', prefixLanguageFilePath: './pages' },
                { statusCode: 401, path: '/sorry', responseMode: 'ExecuteURL' },
                { statusCode: 402, path: '/throws', responseMode: 'ExecuteURL' },
                { statusCode: 500, path: '/sorry?now', responseMode: 'ExecuteURL' },
                {
                  statusCode: 403,
                  subStatusCode: 6,
                  path: 'https://example.org/no',
                  responseMode: 'Redirect',
                },
              ],
            },
          },
          {
            name: 'urlAuthorization',
            options: {
              add: [
                { accessType: 'Deny', users: '?', path: '/private/*' },
                { accessType: 'Allow', users: '*' },
              ],
            },
          },
        ],
      },
      {
        path: '/replaced',
        module: './app.mjs',
        modules: [
          {
            name: 'httpErrors',
            options: {
              errorMode: 'Custom',
              existingResponse: 'Replace',
              defaultPath: '/sorry',
              defaultResponseMode: 'ExecuteURL',
            },
          },
        ],
      },
      {
        path: '/calls',
        module: './app.mjs',
        modules: [
          {
            name: 'httpErrors',
            options: {
              errorMode: 'Custom',
              error: [{ statusCode: 404, path: '/sorry', responseMode: 'ExecuteURL' }],
            },
          },
          { name: 'caller', module: './caller.mjs' },
        ],
      },
      { path: '/local', module: './app.mjs', modules: [{ name: 'httpErrors' }] },
      {
        path: '/blocked',
        module: './app.mjs',
        modules: [
          {
            name: 'ipSecurity',
            options: {
              enableProxyMode: true,
              add: [{ ipAddress: '192.0.2.0', subnetMask: '255.255.255.0' }],
            },
          },
        ],
      },
      {
        path: '/cut',
        module: './app.mjs',
        modules: [{ name: 'ipSecurity', options: { allowUnlisted: false, denyAction: 'AbortRequest' } }],
      },
      {
        path: '/rules',
        module: './app.mjs',
        physicalPath: './public',
        modules: [
          {
            name: 'rewrite',
            options: {
              rewriteMaps: [{ name: 'Old', defaultValue: '', add: { '/rules/gone': '/rules/here' } }],
              rules: [
                {
                  name: 'map',
                  match: { url: '.*' },
                  conditions: { add: [{ input: '{Old:{URL}}', pattern: '(.+)' }] },
                  action: { type: 'Redirect', url: '{C:1}', redirectType: 'Found', appendQueryString: false },
                },
                {
                  name: 'article',
                  match: { url: '^article/(\\d+)/(.*)$' },
                  serverVariables: [{ name: 'HTTP_X_SET', value: '{ToLower:{R:2}}' }],
                  action: { type: 'Rewrite', url: 'show?id={R:1}', logRewrittenUrl: true },
                  stopProcessing: true,
                },
                {
                  name: 'front',
                  patternSyntax: 'Wildcard',
                  match: { url: 'front/*' },
                  conditions: { add: [{ input: '{REQUEST_FILENAME}', matchType: 'IsFile', negate: true }] },
                  action: { type: 'Rewrite', url: '/index?of={R:1}' },
                },
                { name: 'cut', match: { url: '^cut$' }, action: { type: 'AbortRequest' } },
                {
                  name: 'gone',
                  patternSyntax: 'ExactMatch',
                  match: { url: 'lost' },
                  action: { type: 'CustomResponse', statusCode: 410, subStatusCode: 1, statusReason: 'Lost' },
                },
              ],
              outboundRules: {
                preConditions: [{ name: 'moved', add: [{ input: '{RESPONSE_STATUS}', pattern: '^30' }] }],
                rules: [
                  {
                    name: 'location',
                    preCondition: 'moved',
                    match: { serverVariable: 'RESPONSE_Location', pattern: '^http://inside:8080/(.*)' },
                    action: { value: 'https://{HTTP_HOST}/{R:1}' },
                  },
                ],
              },
            },
          },
        ],
      },
      {
        path: '/door',
        module: './app.mjs',
        modules: [
          {
            name: 'basicAuthentication',
            options: { realm: 'The Door', userFile: './users', roles: { editors: ['ann'] } },
          },
          {
            name: 'urlAuthorization',
            options: {
              add: [
                { accessType: 'Allow', users: '*' },
                { accessType: 'Deny', users: 'bob', path: '/admin/*' },
              ],
            },
          },
        ],
      },
      {
        path: '/lobby',
        module: './app.mjs',
        modules: [
          { name: 'anonymousAuthentication' },
          { name: 'basicAuthentication', options: { userFile: './users' } },
          {
            name: 'urlAuthorization',
            options: {
              add: [
                { accessType: 'Allow', users: '?', path: '/open/*' },
                { accessType: 'Allow', roles: 'nobody', users: 'ann' },
              ],
            },
          },
        ],
      },
      {
        path: '/traced',
        module: './app.mjs',
        modules: [
          {
            name: 'requestTracing',
            options: { maxLogFiles: 2, add: [{ path: '/*', statusCodes: '400-599' }] },
          },
          { name: 'httpErrors' },
        ],
      },
    ]),
    {
      'app.mjs': APP,
      'caller.mjs': CALLER,
      'public/index.html': '<h1>home</h1>',
      'public/long.txt': LONG,
      'public/thing.odd': 'odd',
      'public/thing.zzz': 'what?',
      'public/picture.svg': '<svg/>',
      'public/.secret': 'no',
      'public/docs/a&b.txt': 'a and b',
      'public/docs/node_modules/x.js': 'no',
      'pages/404.html': 'nothing here',
      'pages/de/404.html': 'nichts hier',
      users: `# people\nann:${bcrypt.hashSync('secret', 4)}\nbob:${bcrypt.hashSync('hidden', 4)}\n`,
    },
  )

let server: TestServer
t.before(async () => {
  server = await start()
})
t.teardown(() => server.stop())

/** Without the decoding and following that `fetch` does. */
const get = async (
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer; text: string }> => {
  const sent = ask({ port: server.port, host: '127.0.0.1', path, headers, method, agent: false })
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  return { status: response.statusCode ?? 0, headers: response.headers, body, text: body.toString() }
}

const basic = (name: string, password: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})

t.test(
  'staticContent serves files by the MIME map, with ranges, validators and a client cache',
  async (t) => {
    const file = await get('/long.txt')
    t.equal(file.text, LONG)
    t.match(file.headers, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'max-age=7200,public',
      etag: /^W\//,
      'content-length': String(LONG.length),
    })
    const part = await get('/long.txt', { Range: 'bytes=0-3' })
    t.match(part, { status: 206, text: 'All ' })
    t.equal((await get('/long.txt', { 'If-None-Match': String(file.headers.etag) })).status, 304)
    t.equal((await get('/long.txt', {}, 'HEAD')).headers['content-length'], String(LONG.length))
    t.equal((await get('/thing.odd')).headers['content-type'], 'application/x-odd')
    t.match((await get('/thing.zzz')).text, /404\.3/, 'no MIME type')
    t.match((await get('/picture.svg')).text, /404\.3/, 'a type that was taken out of the map')
    t.match((await get('/.secret')).text, /404\.8/)
    t.equal((await get('/nothing.txt')).status, 404)
    t.equal((await get('/..%2fapplicationHost.json')).status, 403, 'nothing leads out of the folder')
    const posted = await get('/long.txt', {}, 'POST')
    t.match(posted, { status: 405, headers: { allow: 'GET, HEAD' } })
  },
)

t.test('a folder shows its default document, else what lies in it, else nothing', async (t) => {
  t.match(await get('/'), { text: '<h1>home</h1>', headers: { 'content-type': /^text\/html/ } })
  t.match(await get('/docs?x=1'), { status: 301, headers: { location: '/docs/?x=1' } })
  const listing = await get('/docs/')
  t.match(listing.text, /<a href="\.\/a%26b\.txt">a&amp;b\.txt<\/a>/)
  t.match(listing.text, /To Parent Directory/)
  t.notMatch(listing.text, /node_modules/, 'hidden names are not listed')
  t.match((await get('/bare/docs/')).text, /403\.14/)
})

t.test('urlCompression compresses what is long enough, is text, and is wanted', async (t) => {
  const br = await get('/zip/long', { 'Accept-Encoding': 'gzip, br' })
  t.equal(brotliDecompressSync(br.body).toString(), LONG)
  t.match(br.headers, { 'content-encoding': 'br', vary: 'Accept-Encoding', etag: 'W/"abc"' })
  t.equal(br.headers['content-length'], String(br.body.length))
  const gzip = await get('/zip/long', { 'Accept-Encoding': 'br;q=0, gzip' })
  t.equal(gunzipSync(gzip.body).toString(), LONG)
  const plain = await get('/zip/long')
  t.match(plain, { text: LONG, headers: { vary: 'Accept-Encoding', etag: '"abc"' } })
  t.match(await get('/zip/long', { 'Accept-Encoding': 'identity' }), { text: LONG })
  const head = await get('/zip/long', { 'Accept-Encoding': 'br' }, 'HEAD')
  t.match(head, { text: '', headers: { 'content-encoding': 'br', 'content-length': undefined } })
  const short = await get('/zip/short', { 'Accept-Encoding': 'br' })
  t.match(short, { text: 'short', headers: { 'content-encoding': undefined, 'content-length': '5' } })
  for (const path of ['/zip/zipped', '/zip/untouched']) {
    t.equal((await get(path, { 'Accept-Encoding': 'br' })).body.length, 5000, path)
  }
  const pieces = await get('/zip/pieces', { 'Accept-Encoding': 'gzip' })
  t.equal(gunzipSync(pieces.body).toString().split('\n').length, 2001)
  const large = await get('/zip/large', { 'Accept-Encoding': 'gzip' })
  t.equal(gunzipSync(large.body).length, 200 * 64_000, 'it waits for the client')
})

t.test("the listener's cache keeps a copy for each coding", async (t) => {
  const plain = 'the same for all '.repeat(200)
  const all = []
  for (let i = 0; i < 3; i++) {
    const gzip = await get('/zip/cached', { 'Accept-Encoding': 'gzip' })
    t.equal(gunzipSync(gzip.body).toString(), plain)
    t.equal((await get('/zip/cached')).text, plain)
    all.push(gzip.headers.age)
  }
  t.ok(
    all.some((age) => age !== undefined),
    'the module does not keep the listener from keeping copies',
  )
})

t.test('a static file is compressed once and kept', async (t) => {
  for (let i = 0; i < 2; i++) {
    const file = await get('/bare/long.txt', { 'Accept-Encoding': 'br', 'X-Turn': String(i) })
    t.equal(brotliDecompressSync(file.body).toString(), LONG)
    if (i > 0) t.equal(file.headers['content-length'], String(file.body.length), 'its length is known now')
  }
  const part = await get('/bare/long.txt', { 'Accept-Encoding': 'br', Range: 'bytes=0-3' })
  t.match(part, { status: 206, text: 'All ' })
})

t.test('events reach the client at once although they are compressed', async (t) => {
  const sent = ask({
    port: server.port,
    path: '/zip/events',
    headers: { 'Accept-Encoding': 'br' },
    agent: false,
  })
  sent.on('error', () => undefined)
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  t.equal(response.headers['content-encoding'], 'br')
  const [chunk] = (await once(response, 'data')) as [Buffer]
  t.ok(chunk.length > 0)
  sent.destroy()
})

t.test('a client that goes away ends the compressed response', async (t) => {
  const closed = get('/zip/was-closed')
  const socket = connect(server.port, '127.0.0.1')
  socket.write('GET /zip/endless HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n')
  await once(socket, 'data')
  socket.destroy()
  t.equal((await closed).text, 'closed')
})

t.test('httpErrors answers with pages of its own', async (t) => {
  t.match(await get('/errors/empty-404'), { status: 404, text: 'nothing here' })
  const german = await get('/errors/empty-404', { 'Accept-Language': 'de-AT, en;q=0.5' })
  t.match(german, { text: 'nichts hier', headers: { vary: /Accept-Language/ } })
  t.match(
    await get('/errors/own-404'),
    { status: 404, text: '{"own":true}' },
    "the application's own page stays",
  )
  t.match(await get('/errors/teapot'), { status: 418, text: 'short and stout' })
  const executed = await get('/errors/private/1')
  t.match(executed, { status: 401, text: 'sorry, /sorry?401;/errors/private/1' }, 'another URL answers')
  t.match(await get('/errors/throws'), { status: 500, text: 'sorry, /sorry?now&500;/errors/throws' })
  t.match(
    await get('/errors/pay'),
    { status: 500, text: '' },
    'a page that fails itself is not replaced again',
  )
  t.match(await get('/errors/x'), { status: 200, text: /^app \/x/ }, 'what is no error is left alone')
  const replaced = await get('/replaced/teapot')
  t.match(replaced, { status: 418, text: 'sorry, /sorry?418;/replaced/teapot' }, 'with Replace all are')
  t.match(
    await get('/calls/loud'),
    { status: 404, text: /^sorry, \/sorry\?404;/ },
    'children have errors too',
  )
  t.match(await get('/calls/quiet'), { status: 404, text: '' }, 'unless they are to have no custom ones')
  const detailed = await get('/local/empty-404')
  t.match(detailed.text, /404 - Not Found[\s\S]*Physical path/, 'clients on this machine see details')
})

t.test('ipSecurity refuses addresses, also those that a trusted proxy names', async (t) => {
  t.equal((await get('/blocked/x')).status, 200)
  t.match((await get('/blocked/x', { 'X-Forwarded-For': '192.0.2.7' })).text, /403\.6/)
  t.equal((await get('/blocked/x', { 'X-Forwarded-For': '192.0.2.7, 198.51.100.1' })).status, 200)
  t.match((await get('/blocked/x', { 'X-Forwarded-For': 'nobody' })).text, /400\.10/)
  await t.rejects(get('/cut/x'), 'AbortRequest cuts the connection')
})

t.test('rewrite puts other URLs in place, redirects, refuses', async (t) => {
  t.match(await get('/rules/article/7/Some%20Title?p=1'), { text: 'app /show?id=7&p=1 some title' })
  t.match(await get('/rules/front/a%20b'), { text: /^app \/index\?of=a%20b/ })
  t.match(await get('/rules/gone?x'), { status: 302, headers: { location: '/rules/here' } })
  t.match((await get('/rules/lost')).text, /410\.1/)
  await t.rejects(get('/rules/cut'))
  const moved = await get('/rules/moved', { Host: 'shop.example' })
  t.equal(moved.headers.location, 'https://shop.example/other', 'an outbound rule changes Location')
})

t.test('basicAuthentication and urlAuthorization let in whom they know', async (t) => {
  const nobody = await get('/door/x')
  t.match(nobody, { status: 401, headers: { 'www-authenticate': 'Basic realm="The Door", charset="UTF-8"' } })
  t.match(nobody.text, /401\.2/)
  t.match((await get('/door/x', basic('ann', 'wrong'))).text, /401\.1/)
  t.match((await get('/door/x', basic('eve', 'secret'))).text, /401\.1/)
  for (let i = 0; i < 2; i++) t.equal((await get('/door/x', basic('ann', 'secret'))).status, 200)
  t.equal((await get('/door/admin', basic('ann', 'secret'))).status, 200)
  t.equal((await get('/door/admin', basic('bob', 'hidden'))).status, 403)
  t.equal((await get('/door/%61dmin/x', basic('bob', 'hidden'))).status, 403)
  t.equal((await get('/door/admin/%ff', basic('bob', 'hidden'))).status, 400)
})

t.test('anonymousAuthentication lets in whoever gives no name, as far as the rules go', async (t) => {
  t.equal((await get('/lobby/open/x')).status, 200)
  t.match(await get('/lobby/x'), {
    status: 401,
    headers: { 'www-authenticate': /^Basic realm="127\.0\.0\.1/ },
  })
  t.equal((await get('/lobby/x', basic('ann', 'secret'))).status, 200)
  t.equal((await get('/lobby/open/x', basic('bob', 'hidden'))).status, 403)
})

t.test(
  'requestTracing writes what has happened to a request that failed, and keeps the latest',
  async (t) => {
    await get('/traced/fine')
    for (let i = 0; i < 3; i++) await get(`/traced/empty-404?${i}`, basic('ann', 'secret'))
    const folder = join(server.folder, 'logs/FailedReqLogFiles/W3SVC1')
    const until = async (): Promise<string[]> => {
      const names = (await readdir(folder).catch(() => [])).sort()
      if (names.join() === 'fr000002.html,fr000002.json,fr000003.html,fr000003.json') return names
      await new Promise((resolve) => setTimeout(resolve, 20))
      return until()
    }
    await until()
    const report = JSON.parse(await readFile(join(folder, 'fr000003.json'), 'utf8')) as Record<
      string,
      unknown
    >
    t.match(report, { url: '/traced/empty-404?2', status: 404, failureReason: 'STATUS_CODE' })
    t.match(JSON.stringify(report), /"source":"execute"/)
    t.notMatch(JSON.stringify(report), /Basic /, 'secrets are not written')
    t.match(await readFile(join(folder, 'fr000003.html'), 'utf8'), /<h2>Events<\/h2>/)
  },
)
