import t from 'tap'
import { endLine, putNumber, putText } from '../../../modules/log/put.js'

t.test('numbers are written as JavaScript writes them', (t) => {
  const bytes = Buffer.alloc(100)
  const numbers = [
    0,
    9,
    10,
    99,
    100,
    101,
    999,
    1000,
    65_535,
    123_456_789,
    999_999_999,
    1e9,
    2 ** 32,
    2 ** 53,
    2 ** 31 - 1,
    2 ** 31,
    1.5,
    -3,
  ]
  for (const number of numbers)
    t.equal(bytes.toString('latin1', 5, putNumber(bytes, 5, number)), String(number))
  t.end()
})

t.test('texts are written in the encoding of the log, short and long ones', (t) => {
  const bytes = Buffer.alloc(1000)
  for (const text of ['', 'abc', 'aü', 'a'.repeat(100), 'ü'.repeat(100), '日😀'])
    t.equal(bytes.toString('utf8', 5, putText(bytes, 5, text, 'utf8')), text)
  t.equal(bytes.toString('latin1', 5, putText(bytes, 5, 'aü', 'latin1')), 'aü')
  t.end()
})

t.test('a line is cut where it is too long, in UTF-8 before the character that does not fit', (t) => {
  const bytes = Buffer.alloc(100)
  const cut = (text: string, longest: number, encoding: 'utf8' | 'latin1'): string => {
    const end = putText(bytes, 0, text, encoding)
    return bytes.toString(encoding, 0, endLine(bytes, 0, end, longest, encoding))
  }
  t.equal(cut('abc', 3, 'utf8'), 'abc\r\n')
  t.equal(cut('abü', 3, 'utf8'), 'ab\r\n')
  t.equal(cut('abü', 3, 'latin1'), 'abü\r\n')
  t.equal(cut('abcd', 3, 'latin1'), 'abc\r\n')
  t.end()
})
