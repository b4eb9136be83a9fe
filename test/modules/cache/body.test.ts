/** What the body of a stored response is, and whether it is complete (RFC 9112 sections 6.3 and 7.1). */
import t from 'tap'
import { contentOf, framingOf } from '../../../modules/cache/body.js'
import { dechunk } from '../../../modules/cache/dechunk.js'
import { ResponseHead } from '../../../modules/cache/response-head.js'

const framing = (status: number, ...lines: string[]) =>
  framingOf(ResponseHead.read([`HTTP/1.1 ${status} X`, ...lines, ''].join('\r\n')), status)

t.test('the framing is what the head says, if it says one thing', (t) => {
  t.equal(framing(200, 'Content-Length: 12'), 12)
  t.equal(framing(200, 'Transfer-Encoding: Chunked'), 'chunked')
  t.equal(framing(200), 'untilEnd')
  t.equal(framing(204), 'none')
  t.equal(framing(200, 'Content-Length: 12', 'Content-Length: 12'), 'unknown')
  t.equal(framing(200, 'Content-Length: -12'), 'unknown')
  t.equal(framing(200, 'Content-Length: 12', 'Transfer-Encoding: chunked'), 'unknown')
  t.equal(framing(200, 'Transfer-Encoding: gzip, chunked'), 'unknown')
  t.end()
})

t.test('a body with bytes missing or left over is none', (t) => {
  const five = Buffer.from('hello')
  t.same(contentOf(five, 5), five)
  t.equal(contentOf(five, 6), null)
  t.equal(contentOf(five, 4), null)
  t.same(contentOf(five, 'untilEnd'), five)
  t.equal(contentOf(five, 'none'), null)
  t.same(contentOf(Buffer.alloc(0), 'none'), Buffer.alloc(0))
  t.equal(contentOf(five, 'unknown'), null)
  t.equal(contentOf(five, 'chunked'), null)
  t.end()
})

t.test('chunks are put together', (t) => {
  const rows: readonly [coded: string, content: string][] = [
    ['0\r\n\r\n', ''],
    ['5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['5\r\nhello\r\n00C\r\n, wide world\r\n000\r\n\r\n', 'hello, wide world'],
    ['a;name=value\r\n0123456789\r\n0 ;x\r\n\r\n', '0123456789'],
    ['4\r\n\r\n\r\n\r\n0\r\n\r\n', '\r\n\r\n'],
    ['2\r\n\xff\x00\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n', '\xff\x00'],
  ]
  for (const [coded, content] of rows) {
    t.equal(dechunk(Buffer.from(coded, 'latin1'))?.toString('latin1'), content, JSON.stringify(coded))
  }
  t.end()
})

t.test('chunks that are broken or incomplete are none', (t) => {
  const rows = [
    '',
    '5',
    '5\r\n',
    '5\r\nhell',
    '5\r\nhello',
    '5\r\nhello\r\n',
    '5\r\nhello\r\n0\r\n',
    '5\r\nhello\r\n0\r\nabc',
    '5\r\nhello\r\n0\r\nTrailer: x\r\n',
    '5\r\nhello!\r\n0\r\n\r\n',
    '5\r\nhello\r\n0\r\n\r\nmore',
    '5\r\nhello\r\n0\r\n\r\n\r\n\r\n',
    'x\r\nhello\r\n0\r\n\r\n',
    '-5\r\nhello\r\n0\r\n\r\n',
    '5 5\r\nhello\r\n0\r\n\r\n',
    '\r\nhello\r\n0\r\n\r\n',
    '123456789\r\nhello\r\n0\r\n\r\n',
  ]
  for (const coded of rows) t.equal(dechunk(Buffer.from(coded)), null, JSON.stringify(coded))
  t.end()
})
