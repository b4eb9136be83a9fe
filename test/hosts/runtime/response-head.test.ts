/** Heads that repeat: what is remembered of one is said of no other. */
import t from 'tap'
import { headInspector } from '../../../hosts/runtime/response-head.js'

const HEAD = 'HTTP/1.1 200 OK\r\nServer: app\r\nContent-Length: 5\r\n\r\n'

const found = (
  text: string,
  { trusted = true, toHead = false, removesServer = false } = {},
): Record<string, unknown> => {
  const sound = headInspector.inspect(text, trusted, toHead, removesServer)
  const { fault, status, length, body, contentLength, rewritten } = headInspector
  return { sound, fault, status, length, body, contentLength, rewritten }
}

t.test('a head that comes again is found to be the same', async (t) => {
  const first = found(`${HEAD}hello`)
  t.match(first, { sound: true, status: 200, length: HEAD.length, body: 'length', contentLength: 5 })
  found('HTTP/1.1 404 Not Found\r\n\r\n', { trusted: false })
  t.same(found(`${HEAD}world`), first)
})

t.test('the same head means something else in answer to HEAD, and where Server is to go', async (t) => {
  found(`${HEAD}hello`)
  t.match(found(HEAD, { toHead: true }), { sound: true, body: 'none' })
  t.match(found(`${HEAD}hello`, { removesServer: true }), {
    rewritten: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
  })
  t.match(found(`${HEAD}hello`), { body: 'length', rewritten: null })
})

t.test('a faulty head is faulty each time, and one that only begins alike is read', async (t) => {
  const contradicting = 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'
  for (let times = 0; times < 2; times++) t.match(found(contradicting), { sound: true, fault: 'lengths' })
  found(`${HEAD}hello`)
  t.match(found('HTTP/1.1 200 OK\r\nServer: app\r\nContent-Length: 50\r\n\r\n'), { contentLength: 50 })
  t.match(found(HEAD.replace('\r\n\r\n', '\n\n'), { trusted: false }), { sound: false, fault: 'head' })
})
