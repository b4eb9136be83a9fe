/** Raw response heads, as node's ServerResponse writes them. */
import t from 'tap'
import { afterHead, headText, ResponseHead } from '../../../modules/cache/response-head.js'

const HEAD =
  'HTTP/1.1 200 Very: OK\r\nA: 1\r\nb:2 \r\nConnection: close, X-Hop\r\nx-hop: y\r\nA: 3\r\nAge: 9\r\n'

t.test('finds the head in text and in bytes', (t) => {
  const raw = `${HEAD}\r\nbody\r\n\r\n\xff`
  t.equal(headText(raw), HEAD)
  t.equal(headText(Buffer.from(raw, 'latin1')), HEAD)
  t.equal(afterHead(raw, HEAD), 'body\r\n\r\n\xff')
  t.same(afterHead(Buffer.from(raw, 'latin1'), HEAD), Buffer.from('body\r\n\r\n\xff', 'latin1'))
  t.equal(headText(HEAD), null, 'a head that is not all there')
  t.equal(headText(Buffer.from('')), null)
  t.end()
})

t.test('takes it apart', (t) => {
  const head = ResponseHead.read(HEAD)
  t.equal(head.statusText, '200 Very: OK')
  t.same(head.values('a'), ['1', '3'])
  t.equal(head.list('a'), '1, 3')
  t.equal(head.list('b'), '2')
  t.equal(head.list('c'), undefined)
  t.end()
})

t.test('keeps what belongs to the response, and nothing of the connection', (t) => {
  t.same(ResponseHead.read(HEAD).endToEnd(['age']), ['A', '1', 'b', '2', 'A', '3'])
  const hop = 'Keep-Alive: timeout=5\r\nTransfer-Encoding: chunked\r\nTE: x\r\nTrailer: y\r\nUpgrade: z\r\n'
  t.same(ResponseHead.read(`HTTP/1.1 200 OK\r\n${hop}ETag: "k"\r\n`).endToEnd([]), ['ETag', '"k"'])
  t.end()
})
