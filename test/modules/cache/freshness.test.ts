/** Lifetime, age, and who may be served what (RFC 9111 sections 4.2 and 5.2.1). */
import t from 'tap'
import { parseCacheControl } from '../../../modules/cache/cache-control.js'
import {
  ageAt,
  freshnessOf,
  initialAgeOf,
  lifetimeOf,
  mayServe,
  mayServeOnError,
  mayServeStale,
  type FreshnessRules,
} from '../../../modules/cache/freshness.js'
import { ResponseHead } from '../../../modules/cache/response-head.js'
import { DATE, FRESH, START } from './drive.js'

const RULES: FreshnessRules = {
  lifetime: undefined,
  heuristicFraction: 0,
  staleIfError: 0,
  targeted: false,
  mayGuess: true,
}
const headOf = (...lines: string[]) => ResponseHead.read(['HTTP/1.1 200 OK', ...lines, ''].join('\r\n'))
const lifetime = (...lines: string[]) => {
  const head = headOf(...lines)
  return lifetimeOf(head, parseCacheControl(head.list('cache-control') ?? ''), START, RULES)
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

t.test(
  'heuristics are a part of the age by Last-Modified, a day at most, where they are allowed (4.2.2)',
  (t) => {
    const guess = (modified: string, more: Partial<FreshnessRules> = {}) =>
      lifetimeOf(headOf(`Last-Modified: ${modified}`, DATE), parseCacheControl('public'), START, {
        ...RULES,
        heuristicFraction: 0.1,
        ...more,
      })
    t.equal(guess('Sun, 06 Nov 1994 08:48:37 GMT'), 6)
    t.equal(guess('Sun, 06 Nov 1988 08:49:37 GMT'), 86_400)
    t.equal(guess('Sun, 06 Nov 1994 08:50:37 GMT'), undefined, 'in the future')
    t.equal(guess('Sun, 06 Nov 1994 08:48:37 GMT', { mayGuess: false }), undefined)
    t.equal(guess('Sun, 06 Nov 1994 08:48:37 GMT', { heuristicFraction: 0 }), undefined)
    t.end()
  },
)

t.test('a policy goes before all; a targeted field before Expires', (t) => {
  const head = headOf('Expires: Sun, 06 Nov 1994 08:50:37 GMT', DATE, 'Age: 50')
  const directives = parseCacheControl('max-age=5')
  const policy = { ...RULES, lifetime: 9000 }
  t.equal(lifetimeOf(head, directives, START, policy), 9)
  t.equal(freshnessOf(head, directives, START, START, policy)?.freshUntil, START + 9000)
  t.equal(lifetimeOf(head, parseCacheControl('public'), START, { ...RULES, targeted: true }), undefined)
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
  t.equal(age(START, START, DATE, 'Age: 30, 0'), 30, 'of a list the first')
  t.equal(age(START, START, DATE, 'Age: 30;x'), 0)
  t.end()
})

const freshness = (cacheControl: string, ...lines: string[]) =>
  freshnessOf(headOf(DATE, ...lines), parseCacheControl(cacheControl), START, START, {
    ...RULES,
    staleIfError: 3000,
  })

t.test('what says nothing has no freshness', (t) => {
  t.equal(freshness(''), null)
  t.equal(freshness('public'), null)
  t.match(freshness('max-age=30', 'Age: 29'), { bornAt: START - 29_000, freshUntil: START + 1000 })
  t.equal(freshness('max-age=0')?.freshUntil, START)
  t.equal(freshness('no-cache, max-age=60')?.freshUntil, -Infinity, 'not even once')
  t.equal(freshness('max-age=1, immutable')?.immutable, true)
  t.end()
})

t.test('how long it may be stale, and for what (4.2.4, RFC 5861)', (t) => {
  const limits = (cacheControl: string) => {
    const found = freshness(cacheControl)
    if (found === null) throw new Error('no freshness')
    const { mustRevalidate, revalidateUntil, errorUntil, unreachableUntil } = found
    const after = (until: number) => (until === -Infinity ? 'never' : (until - START) / 1000)
    return [mustRevalidate, after(revalidateUntil), after(errorUntil), after(unreachableUntil)]
  }
  const both = 'stale-while-revalidate=5, stale-if-error=9'
  t.same(limits('max-age=1'), [false, 1, 1, 4])
  t.same(limits(`max-age=1, ${both}`), [false, 6, 10, 4])
  t.same(limits(`s-maxage=1, ${both}`), [true, 6, 10, 'never'], 'the application says both')
  for (const strict of ['must-revalidate', 'proxy-revalidate', 'no-cache'])
    t.same(limits(`max-age=1, ${both}, ${strict}`), [true, 'never', 'never', 'never'], strict)
  t.end()
})

t.test('a stale response in place of an error, or while the next one comes', (t) => {
  const stale = { ...FRESH, revalidateUntil: 70_000, errorUntil: 80_000, unreachableUntil: 90_000 }
  t.ok(mayServeStale(stale, null, 69_999))
  t.notOk(mayServeStale(stale, null, 70_000))
  t.notOk(mayServeStale(stale, parseCacheControl('no-cache'), 65_000))
  t.notOk(mayServeStale(stale, parseCacheControl('max-age=60'), 65_000))
  t.ok(mayServeOnError(stale, null, 79_999, false))
  t.notOk(mayServeOnError(stale, null, 80_000, false))
  t.notOk(
    mayServeOnError(stale, parseCacheControl('no-cache'), 65_000, true),
    'not to who wants it validated',
  )
  t.ok(mayServeOnError(stale, null, 89_999, true))
  t.notOk(mayServeOnError(stale, null, 90_000, true))
  t.ok(
    mayServeOnError(stale, parseCacheControl('stale-if-error=60'), 119_999, false),
    'the client accepts it',
  )
  t.notOk(
    mayServeOnError(
      { ...stale, mustRevalidate: true },
      parseCacheControl('stale-if-error=60'),
      119_999,
      false,
    ),
  )
  t.end()
})

t.test('no reload makes an immutable response another one (RFC 8246)', (t) => {
  const immutable = { ...FRESH, immutable: true }
  t.ok(mayServe(immutable, parseCacheControl('max-age=0'), 20_000))
  t.notOk(mayServe(immutable, parseCacheControl('no-cache'), 20_000))
  t.notOk(mayServe(immutable, parseCacheControl('max-age=0'), 60_000), 'when it is stale')
  t.end()
})

/** Age 20 of 60 seconds at 20,000. */
const stored = FRESH

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
