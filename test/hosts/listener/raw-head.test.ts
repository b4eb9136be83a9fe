/** The head of a raw response, read into fields. */
import t from 'tap'
import { parseHead } from '../../../hosts/listener/raw-head.js'

const HEAD =
  'HTTP/1.1 404 Not There\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Empty:\r\nX-Text: \xfc: :\r\n\r\n'

void t.test('a head gives its status, its reason and its fields in order', async (test) => {
  const expected = {
    status: 404,
    reason: 'Not There',
    fields: ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Empty', '', 'X-Text', '\xfc: :'],
    chunked: false,
    length: HEAD.length,
  }
  test.same(parseHead(`${HEAD}body\r\n\r\n`), expected)
  test.same(parseHead(Buffer.from(`${HEAD}body`, 'latin1')), expected)
})

void t.test('a chunked body is told', async (test) => {
  const coded = (value: string): boolean | undefined =>
    parseHead(`HTTP/1.1 200 OK\r\ntransfer-encoding: ${value}\r\n\r\n`)?.chunked
  test.same([coded('chunked'), coded('gzip, Chunked'), coded('gzip')], [true, true, false])
})

void t.test('what is no head is not taken for one', async (test) => {
  test.equal(parseHead('HTTP/1.1 200 OK\r\nX-A: 1\r\n'), undefined)
  test.equal(parseHead('something else\r\n\r\n'), undefined)
})
