/** Which profile a path falls under, and which parameters of its query count. */
import t from 'tap'
import { profileOf } from '../../../modules/cache/profile.js'
import { QueryRules } from '../../../modules/cache/query-rules.js'
import { Driver, makeApplication, page, response } from './drive.js'

t.test('the longest path counts, then the extension; without one that fits there is none', (t) => {
  const application = makeApplication({
    profiles: [
      { extension: '*', kernelCachePolicy: 'CacheForTimePeriod', duration: '00:00:01' },
      { extension: '.HTM', policy: 1 },
      { path: '/img/*', policy: 'CacheForTimePeriod', duration: '00:00:02' },
      { path: '/img/*', extension: '.png', policy: 'CacheForTimePeriod', duration: '00:00:03' },
      { path: '/img/one', policy: 'DisableCache', kernelCachePolicy: 0 },
    ],
  })
  const kind = (path: string) => {
    const profile = profileOf(application, path)
    return profile && [profile.kind, profile.lifetime / 1000]
  }
  t.same(kind('/x'), ['forPeriod', 1])
  t.same(kind('/a.b/x'), ['forPeriod', 1], 'a dot in a folder is no extension')
  t.equal(kind('/x.htm')?.[0], 'untilChange')
  t.equal(kind('/X.HTM')?.[0], 'untilChange')
  t.same(kind('/img/x.htm'), ['forPeriod', 2])
  t.same(kind('/IMG/x.png'), ['forPeriod', 3])
  t.equal(kind('/img/one')?.[0], 'never')
  t.equal(profileOf(makeApplication({ profiles: [{ extension: '.a' }] }), '/x.b'), null)
  t.equal(profileOf(makeApplication(), '/x'), null)
  t.end()
})

t.test('paths are below the application', (t) => {
  const application = { ...makeApplication({ profiles: [{ path: '/x', policy: 2 }] }), path: '/shop' }
  t.equal(profileOf(application, '/shop/x')?.kind, 'forPeriod')
  t.equal(profileOf(application, '/shop'), null)
  t.end()
})

t.test('parameters that do not count are passed over, in whatever order the others come', (t) => {
  const rules = new QueryRules()
  t.equal(rules.normal('h/p?b=1&a=2'), 'h/p?b=1&a=2')
  rules.learn('h/p?x', ['a', 'b'])
  for (const same of ['h/p?b=1&a=2', 'h/p?a=2&b=1&c=3', 'h/p?z&a=2&y=&b=1'])
    t.equal(rules.normal(same), 'h/p?a=2&b=1')
  t.equal(rules.normal('h/p?c=1'), 'h/p')
  t.equal(rules.normal('h/p'), 'h/p')
  t.equal(rules.normal('h/q?c=1'), 'h/q?c=1')
  t.equal(rules.normal('h/p?a=1&a=2'), 'h/p?a=1&a=2')
  t.end()
})

t.test('a policy gives a page its time, whatever it says of that, and no more than that', (t) => {
  const driver = new Driver({}, { profiles: [{ policy: 'CacheForTimePeriod', duration: '00:00:10' }] })
  const kept = (raw: string): boolean => {
    driver.clock.advance(60_000)
    driver.store(raw)
    return driver.ask().outcome === 'FINISH'
  }
  t.ok(kept(response(['Content-Length: 5'], 'hello')))
  t.ok(kept(page('max-age=0')))
  driver.clock.advance(9999)
  t.equal(driver.ask().outcome, 'FINISH')
  driver.clock.advance(1)
  t.equal(driver.ask().outcome, 'CONTINUE')
  for (const not of ['no-store', 'private', 'no-cache']) t.notOk(kept(page(not)), not)
  t.notOk(kept(response(['Set-Cookie: a=b'], 'hello')))
  t.notOk(kept(response([], 'hello', '404 Not Found')), 'policies are for pages')
  t.end()
})

t.test('what a profile says of the query also counts for invalidation', (t) => {
  const driver = new Driver({}, { profiles: [{ policy: 2, varyByQueryString: 'a' }] })
  driver.store(response([], 'hello'), { url: '/p?a=1&x=1' })
  t.equal(driver.ask({ url: '/p?x=2&a=1' }).outcome, 'FINISH')
  driver.clock.advance(10)
  driver.store(response([], '', '204 No Content'), { method: 'POST', url: '/p?x=3&a=1' })
  t.equal(driver.ask({ url: '/p?x=2&a=1' }).outcome, 'CONTINUE')
  t.end()
})
