/** Lengths of header fields, the one Host, and the framing of the body. */
import t from 'tap'
import type { ErrorCode } from '../../../core/index.js'
import { checkFields } from '../../../modules/validate/fields.js'

const limits = { maxFieldLength: 100, maxRequestBytes: 250 }
const check = (headers: string[], http10 = false) => checkFields(headers, 20, http10, limits)

t.test('finds the Host in any case', (t) => {
  t.equal(check(['A', 'b', 'Host', 'x']), 3)
  t.equal(check(['hOST', 'x', 'Hose', 'y']), 1)
  t.equal(check(['X-Host', 'x']), -1)
  t.throws(() => check(['Host', 'x', 'host', 'x']), { code: 'BAD_HOST' })
  t.end()
})

t.test('takes a field and a head of the full length, and none that is a byte longer', (t) => {
  const name = 'A'.repeat(40)
  t.equal(check([name, 'b'.repeat(60)]), -1)
  t.throws(() => check([name, 'b'.repeat(61)]), { code: 'FIELD_TOO_LONG' })
  // 20 + (100 + 4) + (100 + 4) + (18 + 4) = 250
  const fields = [name, 'b'.repeat(60), name, 'b'.repeat(60)]
  t.equal(check([...fields, 'C', 'd'.repeat(17)]), -1)
  t.throws(() => check([...fields, 'C', 'd'.repeat(18)]), { code: 'REQUEST_TOO_LONG' })
  t.end()
})

t.test('takes a body that has one end', (t) => {
  for (const value of ['0', '003', '41', '9007199254740991', `${'0'.repeat(30)}5`]) {
    t.equal(check(['Content-Length', value]), -1, value)
  }
  for (const value of ['chunked', 'Chunked']) t.equal(check(['transfer-encoding', value]), -1, value)
  t.equal(check(['Content-Length', '5'], true), -1, 'in HTTP/1.0')
  t.equal(
    check(['Accept-Charset', '5, 5', 'Sec-Fetch-Dest', '', 'Content-Encoded', '-']),
    -1,
    'other fields as long',
  )
  t.end()
})

t.test('refuses a body that could end in two places', (t) => {
  const length = (...values: string[]) => values.flatMap((value) => ['Content-Length', value])
  const coding = (...values: string[]) => values.flatMap((value) => ['Transfer-Encoding', value])
  const refused: [string[], ErrorCode][] = [
    ...[
      '',
      '-1',
      '+1',
      '0_1',
      '0 1',
      '5, 5',
      '5,5',
      'x',
      '0x5',
      '1e1',
      '5.0',
      '٣',
      '9007199254740992',
      '9'.repeat(30),
    ].map((value): [string[], ErrorCode] => [length(value), 'BAD_NUMBER']),
    [length('5', '5'), 'BAD_NUMBER'],
    [length('3', '2'), 'BAD_NUMBER'],
    [[...coding('chunked'), ...length('5')], 'BAD_HEADER'],
    [[...length('5'), ...coding('chunked')], 'BAD_HEADER'],
    [coding('chunked', 'chunked'), 'BAD_HEADER'],
    [coding('chunked, chunked'), 'BAD_HEADER'],
    [coding('chunked,'), 'BAD_HEADER'],
    [coding('\vchunked'), 'BAD_HEADER'],
    [coding(''), 'BAD_HEADER'],
    ...[
      'identity',
      'gzip',
      'gzip, chunked',
      'chunked, gzip',
      'chunkedchunked',
      'xchunked',
      'chunked;q=1',
    ].map((value): [string[], ErrorCode] => [coding(value), 'TRANSFER_CODING']),
    [coding('chunked', 'identity'), 'TRANSFER_CODING'],
  ]
  for (const [headers, code] of refused) t.throws(() => check(headers), { code }, headers.join(' '))
  t.throws(() => check(coding('chunked'), true), { code: 'BAD_HEADER' }, 'chunked in HTTP/1.0')
  t.end()
})
