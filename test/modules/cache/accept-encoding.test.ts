/** What accepts the same codings alike is one variant. */
import t from 'tap'
import { normalAcceptEncoding } from '../../../modules/cache/accept-encoding.js'

const rows: readonly [text: string, normal: string][] = [
  ['gzip, deflate, br', 'br,deflate,gzip'],
  ['br,gzip , deflate', 'br,deflate,gzip'],
  ['GZIP;q=1.0, Br; q=1', 'br,gzip'],
  ['x-gzip', 'gzip'],
  ['gzip;q=0.5, br', 'br,gzip;q=0.5'],
  ['gzip;q=0, br', 'br'],
  ['identity', ''],
  ['', ''],
  ['identity;q=0, gzip', 'gzip,identity;q=0'],
  ['*;q=0.1', '*;q=0.1'],
  ['gzip;level=9, br', 'br'],
]

t.test('codings are sorted, weights of 1 and what is refused anyway left out', (t) => {
  for (const [text, normal] of rows) t.equal(normalAcceptEncoding(text), normal, text)
  for (let at = 0; at < 1000; at++) normalAcceptEncoding(`x${at}`)
  t.equal(normalAcceptEncoding('br, gzip'), 'br,gzip', 'however many forms there are')
  t.end()
})
