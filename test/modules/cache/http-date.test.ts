/** The three date forms of RFC 9110 section 5.6.7. */
import t from 'tap'
import { parseHttpDate } from '../../../modules/cache/http-date.js'

const now = Date.UTC(2026, 5, 1)
const moment = Date.UTC(1994, 10, 6, 8, 49, 37)

t.test('reads the three forms', (t) => {
  t.equal(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT', now), moment)
  t.equal(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT', now), moment)
  t.equal(parseHttpDate('Sun Nov  6 08:49:37 1994', now), moment)
  t.equal(parseHttpDate('Wed Nov 16 08:49:37 1994', now), Date.UTC(1994, 10, 16, 8, 49, 37))
  t.equal(parseHttpDate('Thu, 29 Feb 2024 23:59:60 GMT', now), Date.UTC(2024, 2, 1))
  t.equal(parseHttpDate('sun, 06 NOV 1994 08:49:37 gmt', now), moment)
  t.equal(parseHttpDate(new Date(moment).toUTCString(), now), moment)
  t.end()
})

t.test('takes a two-digit year for one that is at most 50 years ahead', (t) => {
  t.equal(parseHttpDate('Monday, 01-Jan-75 00:00:00 GMT', now), Date.UTC(2075, 0, 1))
  t.equal(parseHttpDate('Monday, 01-Jan-77 00:00:00 GMT', now), Date.UTC(1977, 0, 1))
  t.end()
})

t.test('takes nothing else for a date', (t) => {
  const others = [
    '',
    '0',
    '-1',
    'never',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 94 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:37 GMT',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 00 Feb 1994 08:49:37 GMT',
    'Sun, 06 Anf 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT ',
    '1994-11-06T08:49:37Z',
  ]
  for (const text of others) t.ok(Number.isNaN(parseHttpDate(text, now)), text)
  t.end()
})
