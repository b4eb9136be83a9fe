/** Cache-Control as it is written, and as it is miswritten (RFC 9111 section 5.2). */
import t from 'tap'
import { CacheControl, parseCacheControl } from '../../../modules/cache/cache-control.js'

const rows: readonly [text: string, found: Partial<CacheControl>][] = [
  ['', {}],
  ['no-store', { noStore: true }],
  ['No-Store , PRIVATE', { noStore: true, private: true }],
  ['public, max-age=60', { public: true, maxAge: 60 }],
  ['max-age="60", s-maxage = 5', { maxAge: 60, sMaxAge: 5 }],
  [
    'must-revalidate,proxy-revalidate,must-understand',
    { mustRevalidate: true, proxyRevalidate: true, mustUnderstand: true },
  ],
  ['no-cache="set-cookie, x-y", max-age=3', { fields: ['set-cookie', 'x-y'], maxAge: 3 }],
  ['private="a\\"b, no-store", max-age=3', { fields: ['a"b', 'no-store'], maxAge: 3 }],
  ['only-if-cached, min-fresh=7', { onlyIfCached: true, minFresh: 7 }],
  ['max-stale', { maxStale: Infinity }],
  ['max-stale=9', { maxStale: 9 }],
  ['immutable, x=1, stale-while-revalidate=9', { immutable: true, staleWhileRevalidate: 9 }],
  ['stale-if-error=5, private=x-y, no-cache=""', { staleIfError: 5, fields: ['x-y'], noCache: true }],
  [',,, ;, =, max-age=1,', { maxAge: 1 }],
  ['x="max-age=5"', {}],
  ['xmax-age=5, max-agex=5', {}],
]

t.test('reads directives in any case, quoted or not', (t) => {
  for (const [text, found] of rows)
    t.same(parseCacheControl(text), Object.assign(new CacheControl(), found), text)
  t.end()
})

t.test('of a repeated directive the most restrictive counts', (t) => {
  t.equal(parseCacheControl('max-age=60, max-age=5').maxAge, 5)
  t.equal(parseCacheControl('max-age=5, max-age=60').maxAge, 5)
  t.equal(parseCacheControl('s-maxage=5, s-maxage=60').sMaxAge, 5)
  t.equal(parseCacheControl('max-stale, max-stale=5').maxStale, 5)
  t.equal(parseCacheControl('min-fresh=5, min-fresh=60').minFresh, 60)
  t.end()
})

t.test('a number that is none is the most restrictive there is', (t) => {
  for (const value of ['', '=', '=-1', '=1.5', '=1e3', '=0x10', '=abc', '=" 5"', "='5'"]) {
    t.equal(parseCacheControl(`max-age${value}`).maxAge, 0, value)
    t.equal(parseCacheControl(`s-maxage${value}`).sMaxAge, 0, value)
    t.equal(parseCacheControl(`min-fresh${value}`).minFresh, Infinity, value)
  }
  t.equal(parseCacheControl('max-stale=x').maxStale, 0)
  t.end()
})

t.test('a number that is too large is the largest', (t) => {
  t.equal(parseCacheControl('max-age=99999999999999999999').maxAge, 2_147_483_648)
  t.end()
})

t.test('a quote that is never closed does no harm', (t) => {
  t.same(parseCacheControl('private="x, max-age=5'), Object.assign(new CacheControl(), { private: true }))
  t.equal(parseCacheControl(`no-cache="${'\\'.repeat(50_000)}`).noCache, true)
  t.end()
})
