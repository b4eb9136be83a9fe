/** What is kept of many responses, and what goes. */
import t from 'tap'
import { Entry } from '../../../modules/cache/entry.js'
import { ResponseStore } from '../../../modules/cache/response-store.js'
import { variantOf } from '../../../modules/cache/vary.js'
import { FRESH, makeApplication } from './drive.js'

const application = makeApplication()
const siteId = application.site.id
const DOOR = '80 127.0.0.1 '
const agent = (name: string) => ({
  headerList: (field: string) => (field === 'user-agent' ? name : undefined),
})
const anyone = agent('any')

const entryOf = (bytes: number, vary?: string, request = anyone, tags: string[] = []) => {
  const variant = variantOf(vary, request)
  if (variant === null) throw new Error('Vary: *')
  const facts = { status: 200, statusText: '200 OK', fields: [], etag: undefined, lastModified: NaN, date: 0 }
  const more = { freshness: FRESH, tags, edition: -1 }
  return new Entry({ ...facts, application, variant, ...more }, Buffer.alloc(bytes), 0)
}

t.test('never holds more than its bytes, and drops the least recently used first', (t) => {
  const store = new ResponseStore(100_000)
  const entries = Array.from({ length: 50 }, () => entryOf(9000))
  entries.forEach((entry, at) => {
    store.put(DOOR, `/${at}`, anyone, 1, entry)
    t.ok(store.bytes <= 100_000)
    store.find(DOOR + '/0', anyone)
  })
  t.equal(store.find(DOOR + '/0', anyone), entries[0], 'was used all the time')
  t.equal(store.find(DOOR + '/1', anyone), null)
  t.equal(entries[1]?.live, false)
  t.equal(entries[49]?.live, true)
  t.ok(store.bytes > 80_000)
  t.end()
})

t.test('does not keep what is larger than all of it', (t) => {
  const store = new ResponseStore(10_000)
  const [small, large] = [entryOf(10), entryOf(10_000)]
  store.put(DOOR, '/', anyone, 1, small)
  store.put(DOOR, '/', anyone, 1, large)
  t.equal(store.find(DOOR + '/', anyone), null, 'nor what it would have replaced')
  t.equal(small.live, false)
  t.equal(large.live, false, 'and what was never kept is not live')
  t.equal(store.bytes, 0)
  t.end()
})

t.test('keeps variants beside each other, and replaces the one that a request would have had', (t) => {
  const store = new ResponseStore(100_000)
  const [a, b] = [agent('a'), agent('b')]
  const [forA, forB, newForA] = [
    entryOf(1, 'User-Agent', a),
    entryOf(2, 'User-Agent', b),
    entryOf(3, 'User-Agent', a),
  ]
  store.put(DOOR, '/', a, 1, forA)
  store.put(DOOR, '/', b, 1, forB)
  t.equal(store.find(DOOR + '/', a), forA)
  t.equal(store.find(DOOR + '/', b), forB)
  t.equal(store.find(DOOR + '/', agent('c')), null)
  store.put(DOOR, '/', a, 1, newForA)
  t.equal(store.find(DOOR + '/', a), newForA)
  t.equal(store.find(DOOR + '/', b), forB)
  t.same([forA.live, forB.live, newForA.live], [false, true, true])
  t.end()
})

t.test('a field that is different in each request cannot fill it', (t) => {
  const store = new ResponseStore(10_000_000)
  for (let at = 0; at < 100; at++) {
    const request = agent(`agent ${at}`)
    store.put(DOOR, '/', request, 1, entryOf(100, 'User-Agent', request))
  }
  t.not(store.find(DOOR + '/', agent('agent 99')), null)
  t.not(store.find(DOOR + '/', agent('agent 68')), null)
  t.equal(store.find(DOOR + '/', agent('agent 67')), null)
  t.end()
})

t.test('variants give way to one another where they are too large together', (t) => {
  const store = new ResponseStore(15_000)
  for (const name of ['a', 'b', 'c'])
    store.put(DOOR, '/', agent(name), 1, entryOf(3000, 'User-Agent', agent(name)))
  t.not(store.find(DOOR + '/', agent('c')), null)
  t.not(store.find(DOOR + '/', agent('b')), null)
  t.equal(store.find(DOOR + '/', agent('a')), null)
  t.end()
})

t.test('invalidation reaches all variants through all doors of the site, and no other URL', (t) => {
  const store = new ResponseStore(100_000)
  const other = '80 10.0.0.1 '
  const entries = [entryOf(1), entryOf(1), entryOf(1, 'User-Agent', agent('a'))] as const
  store.put(DOOR, 'x/1', anyone, 1, entries[0])
  store.put(DOOR, 'x/2', anyone, 1, entries[1])
  store.put(other, 'x/1', agent('a'), 1, entries[2])
  store.invalidate(siteId, 'x/1', 5)
  t.equal(store.find(DOOR + 'x/1', anyone), null)
  t.equal(store.find(other + 'x/1', agent('a')), null)
  t.equal(store.find(DOOR + 'x/2', anyone), entries[1])
  t.same(
    entries.map(({ live }) => live),
    [false, true, false],
  )
  t.end()
})

t.test('does not keep what was asked for before its URL was invalidated', (t) => {
  const store = new ResponseStore(100_000)
  store.invalidate(siteId, 'x/1', 5)
  store.put(DOOR, 'x/1', anyone, 5, entryOf(1))
  t.equal(store.find(DOOR + 'x/1', anyone), null)
  store.put(DOOR, 'x/1', anyone, 6, entryOf(1))
  t.not(store.find(DOOR + 'x/1', anyone), null)
  t.end()
})

t.test('forgets what fits, and nothing else of the same URL', (t) => {
  const store = new ResponseStore(100_000)
  const [a, b] = [agent('a'), agent('b')]
  const [forA, forB] = [entryOf(1, 'User-Agent', a, ['x']), entryOf(2, 'User-Agent', b, ['y'])]
  store.put(DOOR, '/', a, 1, forA)
  store.put(DOOR, '/', b, 1, forB)
  t.equal(
    store.forget((_key, { facts }) => facts.tags.includes('x'), 5),
    1,
  )
  t.equal(store.find(DOOR + '/', a), null)
  t.equal(store.find(DOOR + '/', b), forB)
  t.same([forA.live, forB.live], [false, true])
  t.equal(store.put(DOOR, '/', a, 5, entryOf(1)), false, 'nor what was asked for before')
  t.end()
})

t.test('an entry that has ended elsewhere is not found, and makes room for the next', (t) => {
  const store = new ResponseStore(100_000)
  const entry = entryOf(1)
  let told = 0
  entry.onRetired = () => told++
  store.put(DOOR, '/', anyone, 1, entry)
  entry.retire()
  entry.retire()
  t.equal(told, 1)
  t.equal(store.find(DOOR + '/', anyone), null)
  store.put(DOOR, '/', anyone, 1, entryOf(1))
  t.not(store.find(DOOR + '/', anyone), null)
  t.end()
})

t.test('shrinks by what was not asked for longest', (t) => {
  const store = new ResponseStore(1_000_000)
  for (let at = 0; at < 10; at++) store.put(DOOR, `/${at}`, anyone, 1, entryOf(9000))
  store.find(DOOR + '/0', anyone)
  store.shrinkTo(store.bytes / 2)
  t.ok(store.bytes > 0)
  t.not(store.find(DOOR + '/0', anyone), null)
  t.equal(store.find(DOOR + '/1', anyone), null)
  t.end()
})
