// Before the first Date: the machine's zone decides where days begin with localTimeRollover.
process.env.TZ = 'America/New_York'
import t from 'tap'
import { periodDigits, periodEnd, type Period } from '../../../modules/log/period.js'

const utc = (text: string): number => Date.parse(`${text}Z`)
const iso = (at: number): string => new Date(at).toISOString().slice(0, 19)

const cases: readonly [Period, string, string, string][] = [
  ['Hourly', '2010-12-31T23:59:59', '10123123', '2011-01-01T00:00:00'],
  ['Daily', '2010-12-31T00:00:12', '101231', '2011-01-01T00:00:00'],
  ['Daily', '2012-02-28T12:00:00', '120228', '2012-02-29T00:00:00'],
  ['Monthly', '2010-12-31T00:00:12', '1012', '2011-01-01T00:00:00'],
  // May 2010 begins on a Saturday: its weeks are 1, 2-8, 9-15, 16-22, 23-29, and 30-31 which belong to the fifth.
  ['Weekly', '2010-05-01T10:00:00', '100501', '2010-05-02T00:00:00'],
  ['Weekly', '2010-05-02T00:00:00', '100502', '2010-05-09T00:00:00'],
  ['Weekly', '2010-05-08T23:59:59', '100502', '2010-05-09T00:00:00'],
  ['Weekly', '2010-05-29T10:00:00', '100505', '2010-05-30T00:00:00'],
  ['Weekly', '2010-05-31T10:00:00', '100505', '2010-06-01T00:00:00'],
]

t.test('the name and the end of each period, in UTC', (t) => {
  for (const [period, at, digits, end] of cases) {
    t.equal(periodDigits(period, utc(at), false), digits, `${period} ${at}`)
    t.equal(iso(periodEnd(period, utc(at), false)), end, `${period} ${at}`)
  }
  t.end()
})

t.test('with local rollover a day begins at the midnight of the machine', (t) => {
  t.equal(periodDigits('Daily', utc('2010-12-31T04:59:59'), true), '101230')
  t.equal(iso(periodEnd('Daily', utc('2010-12-31T04:59:59'), true)), '2010-12-31T05:00:00')
  t.equal(periodDigits('Hourly', utc('2010-12-31T05:00:00'), true), '10123100')
  t.end()
})

t.test('the local day on which clocks are set back has one file and 25 hours', (t) => {
  const start = utc('2010-11-07T04:00:00')
  t.equal(periodEnd('Daily', start, true) - start, 25 * 3_600_000)
  t.end()
})

t.test('numbered files have no end in time', (t) => {
  t.equal(periodDigits('MaxSize', 0, false), '')
  t.equal(periodEnd('MaxSize', 0, false), Number.POSITIVE_INFINITY)
  t.end()
})
