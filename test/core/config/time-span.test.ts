/** Time spans, as text and as milliseconds. */
import t from 'tap'
import { formatTimeSpan, parseTimeSpan } from '../../../core/config/time-span.js'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

t.test('both ways of writing a time span are read', (t) => {
  const spans: [string, number][] = [
    ['00:00:00', 0],
    ['00:20:00', 20 * MINUTE],
    ['29:00:00', 29 * HOUR],
    ['1.05:00:00', 29 * HOUR],
    ['49.17:02:47', 4_294_967 * SECOND],
    ['0:00:01', SECOND],
    ['500ms', 500],
    ['30s', 30 * SECOND],
    ['20m', 20 * MINUTE],
    ['2h', 2 * HOUR],
    ['1d', DAY],
    ['1h30m', 90 * MINUTE],
    ['1d2h3m4s5ms', DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND + 5],
    ['90m', 90 * MINUTE],
    ['0s', 0],
  ]
  for (const [text, milliseconds] of spans) t.equal(parseTimeSpan(text), milliseconds, text)
  t.end()
})

t.test('what is no time span is not taken for one', (t) => {
  for (const text of [
    '',
    '20',
    '00:20',
    '00:60:00',
    '00:00:60',
    '1.24:00:00',
    '30m1h',
    '1.5h',
    '-1s',
    ' 1s',
    '1S',
  ]) {
    t.equal(parseTimeSpan(text), undefined, JSON.stringify(text))
  }
  t.end()
})

t.test('milliseconds are written in a form that reads back to the same', (t) => {
  t.equal(formatTimeSpan(4_294_967 * SECOND), '49.17:02:47')
  t.equal(formatTimeSpan(29 * HOUR), '1.05:00:00')
  t.equal(formatTimeSpan(1500), '1500ms')
  for (const span of [0, 1, 999, SECOND, 61 * SECOND, HOUR, DAY - SECOND, DAY, 300 * DAY + 1]) {
    t.equal(parseTimeSpan(formatTimeSpan(span)), span)
  }
  t.end()
})
