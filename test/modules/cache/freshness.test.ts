/** Lifetime, age, and who may be served what (RFC 9111 sections 4.2 and 5.2.1). */
import t from 'tap'
import { parseCacheControl } from '../../../modules/cache/cache-control.js'
import { ageAt, freshnessOf, initialAgeOf, lifetimeOf, mayServe } from '../../../modules/cache/freshness.js'
import { ResponseHead } from '../../../modules/cache/response-head.js'
import { DATE, START } from './drive.js'

const headOf = (...lines: string[]) => new ResponseHead(['HTTP/1.1 200 OK', ...lines, ''].join('\r\n'))
const lifetime = (...lines: string[]) => {
  const head = headOf(...lines)
  return lifetimeOf(head, parseCacheControl(head.list('cache-control') ?? ''), START)
}

t.test('the lifetime is s-maxage, else max-age, else Expires less Date (4.2.1)', (t) => {
  const expires = 'Expires: Sun, 06 Nov 1994 08:50:37 GMT'
  t.equal(lifetime('Cache-Control: max-age=5, s-maxage=7', expires, DATE), 7)
  t.equal(lifetime('Cache-Control: max-age=5', expires, DATE), 5)
  t.equal(lifetime('Cache-Control: max-age=5', 'Cache-Control: public', DATE), 5)
  t.equal(lifetime(expires, DATE), 60)
  t.equal(lifetime(expires, 'Date: Sun, 06 Nov 1994 08:50:00 GMT'), 37)
  t.equal(lifetime(expires), 60, 'without Date: since it came')
  t.equal(lifetime('Expires: Sun, 06 Nov 1994 08:00:00 GMT', DATE), 0)
  t.end()
})

t.test('there are no heuristics (4.2.2)', (t) => {
  t.equal(lifetime('Cache-Control: public', 'Last-Modified: Sun, 06 Nov 1988 08:49:37 GMT', DATE), undefined)
  t.end()
})

t.test('an Expires that is no date, or two that differ, mean stale (5.3)', (t) => {
  t.equal(lifetime('Expires: 0', DATE), 0)
  t.equal(lifetime('Expires: tomorrow', DATE), 0)
  const expires = 'Expires: Sun, 06 Nov 1994 08:50:37 GMT'
  t.equal(lifetime(expires, 'Expires: Sun, 06 Nov 1994 08:51:37 GMT', DATE), 0)
  t.equal(lifetime(expires, expires, DATE), 60)
  t.end()
})

t.test('the age on arrival is the larger of what Date and what Age say (4.2.3)', (t) => {
  const age = (now: number, requestedAt: number, ...lines: string[]) =>
    initialAgeOf(headOf(...lines), requestedAt, now)
  t.equal(age(START, START, DATE), 0)
  t.equal(age(START + 999, START + 999, DATE), 0, 'Date knows no milliseconds')
  t.equal(age(START + 5000, START + 5000, DATE), 5)
  t.equal(age(START - 5000, START - 5000, DATE), 0, 'a clock that is ahead')
  t.equal(age(START, START, DATE, 'Age: 30'), 30)
  t.equal(age(START, START - 2000, DATE, 'Age: 30'), 32, 'the delay counts')
  t.equal(age(START + 60_000, START + 60_000, DATE, 'Age: 30'), 60)
  t.equal(age(START, START, DATE, 'Age: -3'), 0)
  t.equal(age(START, START, DATE, 'Age: old'), 0)
  t.end()
})

t.test('what has no freshness, or none left, has no freshness', (t) => {
  const freshness = (cacheControl: string, ...lines: string[]) =>
    freshnessOf(headOf(DATE, ...lines), parseCacheControl(cacheControl), START, START)
  t.equal(freshness(''), null)
  t.equal(freshness('max-age=0'), null)
  t.equal(freshness('max-age=30', 'Age: 30'), null)
  t.same(freshness('max-age=30', 'Age: 29'), {
    bornAt: START - 29_000,
    freshUntil: START + 1000,
    mustRevalidate: false,
  })
  t.equal(freshness('max-age=1, must-revalidate')?.mustRevalidate, true)
  t.equal(freshness('max-age=1, proxy-revalidate')?.mustRevalidate, true)
  t.equal(freshness('s-maxage=1')?.mustRevalidate, true)
  t.end()
})

/** Age 20 of 60 seconds at 20,000. */
const stored = { bornAt: 0, freshUntil: 60_000, mustRevalidate: false }

const rows: readonly [wishes: string | null, at: number, served: boolean][] = [
  [null, 59_999, true],
  [null, 60_000, false],
  ['x', 59_999, true],
  ['no-store', 20_000, true],
  ['no-cache', 20_000, false],
  ['max-age=20', 20_000, true],
  ['max-age=20', 20_001, false],
  ['max-age=0', 1, false],
  ['max-age=90', 70_000, false],
  ['min-fresh=40', 20_000, true],
  ['min-fresh=41', 20_000, false],
  ['max-stale', 1_000_000, true],
  ['max-stale=10', 70_000, true],
  ['max-stale=10', 70_001, false],
  ['max-stale=10, max-age=60', 65_000, false],
  ['max-stale, min-fresh=1', 65_000, false],
  ['only-if-cached', 20_000, true],
  ['only-if-cached', 60_000, false],
]

t.test('a request may narrow or widen what it is served (5.2.1)', (t) => {
  for (const [wishes, at, served] of rows) {
    const directives = wishes === null ? null : parseCacheControl(wishes)
    t.equal(mayServe(stored, directives, at), served, `${wishes ?? 'no wishes'} at ${at}`)
  }
  t.end()
})

t.test('what must be revalidated is never served stale (4.2.4)', (t) => {
  const strict = { ...stored, mustRevalidate: true }
  t.equal(mayServe(strict, parseCacheControl('max-stale'), 59_999), true)
  t.equal(mayServe(strict, parseCacheControl('max-stale'), 60_000), false)
  t.end()
})

t.test('Age is whole seconds and never negative', (t) => {
  t.equal(ageAt(stored, 20_999), 20)
  t.equal(ageAt(stored, -5), 0)
  t.end()
})
