/** Which responses are compressed, and how. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { decider } from '../../../../modules/app/url-compression/decide.js'
import { KeptCopies } from '../../../../modules/app/url-compression/kept-copies.js'
import { typeTest } from '../../../../modules/app/url-compression/mime-types.js'
import module from '../../../../modules/app/url-compression/url-compression.js'
import { completed } from '../completed.js'

const decided = (
  fields: Record<string, string>,
  asked: Record<string, string> = {},
  options: object = {},
  status = 200,
) => {
  const request = new IncomingMessage(new Socket())
  request.httpVersionMinor = 1
  request.headers = { 'accept-encoding': 'gzip, br', ...asked }
  const response = new ServerResponse(request)
  response.statusCode = status
  for (const [name, value] of Object.entries(fields)) response.setHeader(name, value)
  const decision = decider(completed(module, options))(request, response)
  return {
    scheme: decision?.scheme ?? null,
    isStatic: decision?.isStatic ?? null,
    vary: response.getHeader('Vary') ?? null,
  }
}

const TEXT = { 'Content-Type': 'text/html; charset=utf-8' }
const FILE = {
  ...TEXT,
  'Content-Length': '5000',
  ETag: '"x"',
  'Last-Modified': 'Fri, 01 Jan 2027 00:00:00 GMT',
}

t.test('text is compressed in the way that the client and then the server prefers', async (t) => {
  t.match(decided(TEXT), { scheme: 'br', isStatic: false, vary: 'Accept-Encoding' })
  t.match(decided(TEXT, { 'accept-encoding': 'gzip, br;q=0.5' }), { scheme: 'gzip' })
  t.match(decided(TEXT, { 'accept-encoding': '*' }), { scheme: 'br' })
  t.match(decided(TEXT, { 'accept-encoding': 'identity;q=1, br;q=0.5' }), { scheme: null })
  t.match(decided(TEXT, { 'accept-encoding': 'deflate' }), { scheme: null, vary: 'Accept-Encoding' })
  t.match(decided(TEXT, {}, { schemes: [{ name: 'gzip' }, { name: 'br' }] }), { scheme: 'gzip' })
})

t.test('files are static; what is for one client is not', async (t) => {
  t.match(decided(FILE), { isStatic: true })
  t.match(decided({ ...FILE, 'Set-Cookie': 'a=b' }), { scheme: 'br', isStatic: false })
  t.match(decided({ ...FILE, 'Cache-Control': 'private' }), { isStatic: false })
  t.match(decided(FILE, {}, { doStaticCompression: false }), { scheme: null })
  t.match(decided(TEXT, {}, { doDynamicCompression: false }), { scheme: null })
})

t.test('what is compressed already, or may not be, or is not worth it, stays as it is', async (t) => {
  const never = { scheme: null, vary: null }
  t.match(decided({ ...TEXT, 'Content-Encoding': 'gzip' }), never)
  t.match(decided({ ...TEXT, 'Cache-Control': 'public, no-transform' }), never)
  t.match(decided({ ...TEXT, 'Content-Range': 'bytes 0-1/2' }, {}, {}, 206), never)
  t.match(decided({ ...TEXT, 'Content-Length': '100' }), never)
  t.match(decided({ 'Content-Type': 'image/png' }), never)
  t.match(decided({}), never)
  t.match(decided(TEXT, {}, {}, 204), never)
  t.match(decided(TEXT, {}, {}, 304), { scheme: null, vary: 'Accept-Encoding' })
})

t.test('some clients get none', async (t) => {
  t.match(decided(TEXT, { via: '1.1 proxy' }), { scheme: null, vary: 'Accept-Encoding' })
  t.match(decided(TEXT, { range: 'bytes=0-1' }), { scheme: null })
  t.match(decided(TEXT, { via: '1.1 proxy' }, { noCompressionForProxies: false }), { scheme: 'br' })
})

t.test('Vary is added to, once', async (t) => {
  t.match(decided({ ...TEXT, Vary: 'Origin' }), { vary: 'Origin, Accept-Encoding' })
  t.match(decided({ ...TEXT, Vary: 'accept-encoding' }), { vary: 'accept-encoding' })
  t.match(decided({ ...TEXT, Vary: '*' }), { vary: '*' })
})

t.test('the nearest entry for a type counts', async (t) => {
  const test = typeTest([
    { mimeType: 'text/*', enabled: true },
    { mimeType: 'text/csv', enabled: false },
  ])
  t.ok(test('Text/HTML; charset=utf-8'))
  t.notOk(test('text/csv'))
  t.notOk(test('image/png'))
  t.ok(typeTest([{ mimeType: '*/*', enabled: true }])('image/png'))
})

t.test('a level that there is not is refused', async (t) => {
  t.throws(
    () => decided(TEXT, {}, { schemes: [{ name: 'gzip', dynamicCompressionLevel: 10 }] }),
    /gzip has no compression level 10; the highest is 9/,
  )
})

t.test('kept copies have a bound, and the least used makes room', async (t) => {
  const copies = new KeptCopies(80)
  for (let i = 0; i < 8; i++) copies.set(String(i), Buffer.alloc(10))
  copies.get('0')
  copies.set('8', Buffer.alloc(10))
  t.ok(copies.get('0'))
  t.notOk(copies.get('1'))
  copies.set('big', Buffer.alloc(11))
  t.notOk(copies.get('big'), 'none takes more than an eighth')
})
