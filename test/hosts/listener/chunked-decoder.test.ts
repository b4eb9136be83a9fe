/** The chunked coding comes off, however its bytes are cut. */
import t from 'tap'
import { ChunkedDecoder } from '../../../hosts/listener/chunked-decoder.js'

const decode = (pieces: readonly string[]): { body: string; trailers: readonly string[] } => {
  let body = ''
  const decoder = new ChunkedDecoder((data) => (body += Buffer.from(data).toString('latin1')))
  for (const piece of pieces) decoder.decode(Buffer.from(piece, 'latin1'))
  return { body, trailers: decoder.trailers }
}

const CODED = '5\r\nhello\r\n1;x=y\r\n \r\nA\r\n0123\r\n5678\r\n0\r\nX-Sum: 1\r\nX-Two:2\r\n\r\n'
const PLAIN = { body: 'hello 0123\r\n5678', trailers: ['X-Sum', '1', 'X-Two', '2'] }

void t.test('a body in one piece is decoded, its trailers kept', async (test) => {
  test.same(decode([CODED]), PLAIN)
})

void t.test('it does not matter where the pieces end', async (test) => {
  test.same(decode(CODED.split('')), PLAIN)
  for (let at = 1; at < CODED.length; at++) test.same(decode([CODED.slice(0, at), CODED.slice(at)]), PLAIN)
})

void t.test('an empty body has no data', async (test) => {
  test.same(decode(['0\r\n\r\n']), { body: '', trailers: [] })
})

void t.test('what is no chunked coding is refused', async (test) => {
  test.throws(() => decode(['hello\r\n']), /no size/)
  test.throws(() => decode(['1'.repeat(70_000)]), /too long/)
})
