/** Range fields (RFC 9110 section 14). */
import t from 'tap'
import { selectRange, type ByteRange } from '../../../modules/cache/range.js'

const rows: readonly [range: string, length: number, selected: ByteRange | 'whole' | 'unsatisfiable'][] = [
  ['bytes=0-4', 10, { start: 0, end: 5 }],
  ['bytes=0-0', 10, { start: 0, end: 1 }],
  ['bytes=9-9', 10, { start: 9, end: 10 }],
  ['bytes=5-', 10, { start: 5, end: 10 }],
  ['Bytes= 5-900 ', 10, { start: 5, end: 10 }],
  ['bytes=-3', 10, { start: 7, end: 10 }],
  ['bytes=-30', 10, { start: 0, end: 10 }],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=10-12', 10, 'unsatisfiable'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=-1', 0, 'unsatisfiable'],
  [`bytes=${'9'.repeat(400)}-`, 10, 'unsatisfiable'],
  ['bytes=5-4', 10, 'whole'],
  ['bytes=0-1,3-4', 10, 'whole'],
  ['bytes=-', 10, 'whole'],
  ['bytes=', 10, 'whole'],
  ['bytes=a-b', 10, 'whole'],
  ['bytes=1-2-3', 10, 'whole'],
  ['bytes=+1-2', 10, 'whole'],
  ['lines=0-4', 10, 'whole'],
  ['bytes 0-4', 10, 'whole'],
  ['', 10, 'whole'],
]

t.test('selects one range, or says why not', (t) => {
  for (const [range, length, selected] of rows)
    t.same(selectRange(range, length), selected, `${range} of ${length}`)
  t.end()
})
