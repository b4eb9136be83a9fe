/** The static adapter: files as browsers and caches want them, and nothing but the files of its folder. */
import { createServer } from 'node:http'
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { bridge, type BridgeOptions } from '../../../hosts/testing/index.js'
import { ask, listen, raw } from '../testing/serve.js'

const serve = async (test: Test, options: Record<string, unknown> = {}, more: BridgeOptions = {}) => {
  const outer = test.testdir({
    'secret.txt': 'secret',
    beside: { 'file.txt': 'beside' },
    root: {
      'index.html': '<h1>welcome</h1>',
      'file.txt': '0123456789',
      'empty.txt': '',
      'two words.txt': 'spaces',
      'about.html': 'about',
      '.env': 'PASSWORD=1',
      '.git': { config: 'hidden' },
      docs: { 'Default.htm': 'the docs', 'index.html': 'not this one' },
      bare: { 'x.txt': 'x' },
    },
  })
  const root = join(outer, 'root')
  const server = createServer(bridge(undefined, { type: 'static', physicalPath: root, options, ...more }))
  return { ...(await listen(test, server)), root, outer }
}

void t.test('a file is served with its type, length, ETag and date', async (test) => {
  const { port, root } = await serve(test)
  const when = new Date('2024-05-06T07:08:09Z')
  utimesSync(join(root, 'file.txt'), when, when)
  const answer = await ask(port, '/file.txt')
  test.match(answer, {
    status: 200,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '10',
      'last-modified': 'Mon, 06 May 2024 07:08:09 GMT',
      etag: /^W\/"a-/,
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=0',
    },
  })
  test.equal(answer.body.toString(), '0123456789')
})

void t.test('HEAD has the head of GET', async (test) => {
  const { port } = await serve(test)
  const answer = await ask(port, '/file.txt', { method: 'HEAD' })
  test.match(answer, { status: 200, headers: { 'content-length': '10' } })
  test.equal(answer.body.length, 0)
})

void t.test('an empty file is a whole answer', async (test) => {
  const { port } = await serve(test)
  test.match(await ask(port, '/empty.txt'), { status: 200, headers: { 'content-length': '0' } })
})

void t.test('a path is decoded, a query ignored', async (test) => {
  const { port } = await serve(test)
  test.equal((await ask(port, '/two%20words.txt?v=1')).body.toString(), 'spaces')
})

void t.test('a range is answered with that part', async (test) => {
  const { port } = await serve(test)
  for (const [range, part, field] of [
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
  ] as const) {
    const answer = await ask(port, '/file.txt', { headers: { Range: range } })
    test.match(answer, {
      status: 206,
      headers: { 'content-range': field, 'content-length': String(part.length) },
    })
    test.equal(answer.body.toString(), part)
  }
  const beyond = await ask(port, '/file.txt', { headers: { Range: 'bytes=10-' } })
  test.match(beyond, { status: 416, headers: { 'content-range': 'bytes */10' } })
})

void t.test('a range of another version is answered with the whole file', async (test) => {
  const { port } = await serve(test)
  const headers = { Range: 'bytes=2-4', 'If-Range': '"another"' }
  test.equal((await ask(port, '/file.txt', { headers })).status, 200)
})

void t.test('a conditional request is answered by its condition', async (test) => {
  const { port } = await serve(test)
  const { headers } = await ask(port, '/file.txt')
  const etag = headers.etag ?? ''
  const modified = headers['last-modified'] ?? ''
  const status = async (fields: Record<string, string>): Promise<number> =>
    (await ask(port, '/file.txt', { headers: fields })).status
  test.equal(await status({ 'If-None-Match': etag }), 304)
  test.equal(await status({ 'If-None-Match': '"another"' }), 200)
  test.equal(await status({ 'If-Modified-Since': modified }), 304)
  test.equal(await status({ 'If-Modified-Since': 'Mon, 01 Jan 2001 00:00:00 GMT' }), 200)
  test.equal(await status({ 'If-Match': '"another"' }), 412)
  test.equal(await status({ 'If-Unmodified-Since': 'Mon, 01 Jan 2001 00:00:00 GMT' }), 412)
  test.equal((await ask(port, '/file.txt', { headers: { 'If-None-Match': etag } })).headers.etag, etag)
})

void t.test('a folder is answered with its default document, in the order of the list', async (test) => {
  const { port } = await serve(test)
  test.equal((await ask(port, '/')).body.toString(), '<h1>welcome</h1>')
  test.equal((await ask(port, '/docs/')).body.toString(), 'the docs')
  test.equal((await ask(port, '/bare/')).status, 404)
})

void t.test("the default documents are the administrator's choice", async (test) => {
  const { port } = await serve(test, { defaultDocuments: ['x.txt'] })
  test.equal((await ask(port, '/bare/')).body.toString(), 'x')
  test.equal((await ask(port, '/docs/')).status, 404)
})

void t.test('a folder without its slash is redirected, query and all', async (test) => {
  const { port } = await serve(test)
  test.match(await ask(port, '/docs?a=1'), { status: 301, headers: { location: '/docs/?a=1' } })
})

void t.test('the redirect knows where the application is mounted', async (test) => {
  const { port } = await serve(test, {}, { path: '/site' })
  test.match(await ask(port, '/site/docs'), { status: 301, headers: { location: '/site/docs/' } })
  test.equal((await ask(port, '/site/docs/')).body.toString(), 'the docs')
})

void t.test('the redirect never leads to another server', async (test) => {
  const { port, root } = await serve(test)
  mkdirSync(join(root, 'evil.example'))
  const text = await raw(port, 'GET //evil.example HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  test.match(text, /\r\nLocation: \/evil\.example\/\r\n/)
})

void t.test('there is no way out of the folder', async (test) => {
  const { port } = await serve(test)
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/docs/../../secret.txt',
    '/docs/%2e%2e/%2e%2e/secret.txt',
    '/..%5csecret.txt',
    '/../root/file.txt',
    '/%2e%2e%2fbeside%2ffile.txt',
    '//../secret.txt',
    '/file.txt%00.html',
    '/%c0%ae%c0%ae/secret.txt',
  ]) {
    const text = await raw(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    test.match(text, /^HTTP\/1\.1 4\d\d /, path)
    test.notMatch(text, /secret|beside|0123456789/, path)
  }
})

void t.test('a link leads out of the folder only if it may', async (test) => {
  const strict = await serve(test)
  symlinkSync(join(strict.outer, 'secret.txt'), join(strict.root, 'link.txt'))
  symlinkSync(join(strict.outer, 'beside'), join(strict.root, 'linked'))
  symlinkSync(join(strict.root, 'file.txt'), join(strict.root, 'inside.txt'))
  for (const path of ['/link.txt', '/linked/file.txt', '/linked']) {
    test.equal((await ask(strict.port, path)).status, 404, path)
  }
  test.equal((await ask(strict.port, '/inside.txt')).body.toString(), '0123456789')
  const loose = createServer(
    bridge(undefined, { type: 'static', physicalPath: strict.root, options: { followLinks: true } }),
  )
  const { port } = await listen(test, loose)
  test.equal((await ask(port, '/link.txt')).body.toString(), 'secret')
})

void t.test('files and folders that begin with a dot do not exist', async (test) => {
  const { port } = await serve(test)
  for (const path of ['/.env', '/.git/config', '/%2eenv', '/docs/../.env', '/.git/']) {
    test.equal((await ask(port, path)).status, 404, path)
  }
})

void t.test('what is not there is answered shortly and plainly', async (test) => {
  const { port } = await serve(test)
  const answer = await ask(port, '/nowhere<script>')
  test.match(answer, {
    status: 404,
    headers: { 'content-type': 'text/html; charset=utf-8', etag: undefined },
  })
  test.match(answer.body.toString(), /<h1>404 Not Found<\/h1>/)
  test.notMatch(answer.body.toString(), /script/)
})

void t.test('other methods are not allowed', async (test) => {
  const { port } = await serve(test)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    test.match(await ask(port, '/file.txt', { method }), { status: 405, headers: { allow: 'GET, HEAD' } })
  }
})

void t.test('caching follows the options', async (test) => {
  const { port } = await serve(test, { maxAge: 3_600_000, immutable: true, etag: false, lastModified: false })
  const { headers } = await ask(port, '/file.txt')
  test.equal(headers['cache-control'], 'public, max-age=3600, immutable')
  test.same([headers.etag, headers['last-modified']], [undefined, undefined])
})

void t.test('extensions are tried where a file does not exist', async (test) => {
  const { port } = await serve(test, { extensions: ['html'] })
  test.equal((await ask(port, '/about')).body.toString(), 'about')
})

void t.test('a large file arrives whole, and a client may leave in the middle', async (test) => {
  const { port, root } = await serve(test)
  const large = Buffer.alloc(5_000_000, 'abcdefg')
  writeFileSync(join(root, 'large.bin'), large)
  test.ok((await ask(port, '/large.bin')).body.equals(large))
  await raw(port, 'GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n', (received) => received.length > 1_000)
  test.ok((await ask(port, '/large.bin')).body.equals(large))
})

void t.test('a folder that is not there is said at the start', async (test) => {
  const texts: string[] = []
  const server = createServer(
    bridge(undefined, {
      type: 'static',
      physicalPath: '/not/there',
      onEvent: ({ text }) => texts.push(text),
    }),
  )
  const { port } = await listen(test, server)
  test.equal((await ask(port, '/')).status, 503)
  test.match(texts, [/\/not\/there is not there; physicalPath must name the folder to serve/])
})
