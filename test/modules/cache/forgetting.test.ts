/** What is forgotten, and when: by order, by tag and group, with a worker, with time, for want of memory, and not admitted at all. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { ManualClock } from '../../../core/clock.js'
import type { Application } from '../../../core/index.js'
import { Admission } from '../../../modules/cache/admission.js'
import { Entry } from '../../../modules/cache/entry.js'
import { FileChanges } from '../../../modules/cache/file-changes.js'
import { ResponseStore } from '../../../modules/cache/response-store.js'
import { startScavenger } from '../../../modules/cache/scavenger.js'
import { Driver, FRESH, makeApplication, page, response } from './drive.js'

const stored = (): Driver => {
  const driver = new Driver()
  for (const url of ['/a', '/a/b?c', '/d'])
    driver.store(page('max-age=60', 'x', [`Cache-Tag: all, ${url}`]), { url })
  driver.store(page('max-age=60', 'x'), { url: '/a', host: 'b.example' })
  driver.clock.advance(10)
  return driver
}

t.test('by URL, by prefix, by tag, by site, or all of it', (t) => {
  const forgets = (what: object): number => stored().stage.flush(what)
  t.equal(forgets({ url: '/a' }), 2, 'on every host')
  t.equal(forgets({ url: 'http://a.example/a' }), 1)
  t.equal(forgets({ url: 'http://A.example:80/a/b?c' }), 1)
  t.equal(forgets({ url: 'http://a.example:81/a' }), 0)
  t.equal(forgets({ url: '/a', prefix: true }), 3)
  t.equal(forgets({ url: 'http://a.example/', prefix: true }), 3)
  t.equal(forgets({ tag: 'all' }), 3)
  t.equal(forgets({ tag: 'all', url: '/d' }), 1)
  t.equal(forgets({ tag: 'al' }), 0)
  t.equal(forgets({ site: 'nobody' }), 0)
  t.equal(forgets({}), 4)
  t.end()
})

t.test('what is under way when something is forgotten is not kept', (t) => {
  const driver = stored()
  const slow = driver.request({ url: '/e' })
  driver.clock.advance(10)
  driver.stage.flush({ tag: 'x' })
  driver.store(page('max-age=60', 'before', ['Cache-Tag: x']), {}, slow)
  t.equal(driver.ask({ url: '/e' }).outcome, 'CONTINUE')
  t.end()
})

t.test('the answer to a change names groups that are no longer true (RFC 9875)', (t) => {
  const driver = new Driver()
  driver.store(page('max-age=60', 'x', ['Cache-Groups: "list", "of b"']), { url: '/a' })
  driver.store(page('max-age=60', 'x', ['Cache-Groups: "other"']), { url: '/b' })
  driver.clock.advance(10)
  const changed = response(['Cache-Group-Invalidation: "list"'], '', '204 No Content')
  driver.store(changed, { method: 'POST', url: '/c', application: makeApplication() })
  t.equal(driver.ask({ url: '/a' }).outcome, 'FINISH', 'another site has no say')
  driver.store(changed, { method: 'POST', url: '/c' })
  t.equal(driver.ask({ url: '/a' }).outcome, 'CONTINUE')
  t.equal(driver.ask({ url: '/b' }).outcome, 'FINISH')
  t.end()
})

t.test('flushOnRecycle: with the worker’s end, and not from one that was told to end', (t) => {
  for (const flushOnRecycle of [true, false]) {
    const driver = new Driver({}, { flushOnRecycle })
    const queue = driver.application.queue as unknown as { edition: number; has: () => boolean }
    driver.store(page('max-age=60'))
    t.equal(driver.ask().outcome, 'FINISH')
    queue.edition++
    t.equal(driver.ask().outcome, flushOnRecycle ? 'CONTINUE' : 'FINISH')
    queue.has = () => false
    const ctx = driver.request({ url: '/late' })
    ctx.receiver = {} as never
    driver.store(page('max-age=60'), {}, ctx)
    t.equal(driver.ask({ url: '/late' }).outcome, flushOnRecycle ? 'CONTINUE' : 'FINISH')
  }
  t.end()
})

const entryOf = (bytes: number, more: Partial<Entry['facts']> = {}): Entry => {
  const facts = {
    status: 200,
    statusText: '200 OK',
    fields: [],
    etag: '"1"',
    lastModified: NaN,
    date: 0,
    tags: [],
  }
  const variant = { names: [], values: [] }
  const application = makeApplication()
  return new Entry(
    { ...facts, application, variant, freshness: FRESH, edition: -1, ...more },
    Buffer.alloc(bytes),
    0,
  )
}
const anyone = { headerList: () => undefined }

t.test(
  'the scavenger takes what is stale and was not asked for; with too little memory half of the rest',
  (t) => {
    const clock = new ManualClock(0)
    const store = new ResponseStore(1_000_000)
    let free = 0.5
    const options = { clock, store: () => store, period: 100_000, freeMemory: () => free }
    const stop = startScavenger(options)
    const [stale, used, fresh, dead] = [
      entryOf(100),
      entryOf(100),
      entryOf(100, { freshness: { ...FRESH, freshUntil: 1e9 } }),
      entryOf(100),
    ]
    for (const [at, entry] of [stale, used, fresh, dead].entries()) store.put('', `/${at}`, anyone, 1, entry)
    dead.retire()
    used.usedAt = 90_000
    clock.advance(100_000)
    t.same([stale.live, used.live, fresh.live], [false, true, true])
    const before = store.bytes
    free = 0.01
    clock.advance(10_000)
    t.ok(store.bytes > 0 && store.bytes <= before / 2)
    stop()
    const after = store.bytes
    clock.advance(1_000_000)
    t.equal(store.bytes, after)
    t.end()
  },
)

t.test('a URL is admitted with the request that makes it frequent', (t) => {
  const admission = new Admission()
  const asks = (key: string, at: number, requests = 1) => admission.admits(key, requests, 3, 10_000, at)
  t.same([asks('a', 0), asks('a', 1), asks('b', 1), asks('a', 2)], [false, false, false, true])
  t.same([asks('c', 0), asks('c', 5000), asks('c', 10_000), asks('c', 10_001)], [false, false, false, false])
  t.equal(asks('d', 0, 3), true, 'all at once')
  t.equal(admission.admits('e', 1, 1, 10_000, 0), true)
  t.end()
})

t.test(
  'an entry ends when its file changes, its folder goes, or what it stands for was never there',
  async (t) => {
    const folder = t.testdir({ 'a.txt': 'a', 'b.txt': 'b', sub: { 'index.html': 'i' } })
    const application = { ...makeApplication(), config: { physicalPath: folder } } as unknown as Application
    const files = new FileChanges()
    t.teardown(() => {
      files.close()
    })
    await pause(50)
    const follow = async (path: string, requestedAt = Date.now()): Promise<Entry | null> => {
      const entry = entryOf(1)
      return (await files.follow(entry, application, path, requestedAt)) ? entry : null
    }
    const ended = async (entry: Entry | null): Promise<void> => {
      while (entry?.live === true) await pause(5)
    }
    const [a, b, sub] = [await follow('/a.txt'), await follow('/b.txt'), await follow('/sub')]
    t.ok(a && b && sub)
    t.equal(await follow('/none.txt'), null)
    t.equal(await follow('/a.txt', Date.now() - 3_600_000), null, 'it has changed since it was asked for')
    writeFileSync(join(folder, 'a.txt'), 'other')
    await ended(a)
    t.equal(b?.live, true)
    writeFileSync(join(folder, 'sub', 'new.html'), 'new')
    await ended(sub)
    rmSync(join(folder, 'b.txt'))
    await ended(b)
    mkdirSync(join(folder, 'b.txt'))
    t.pass('all have ended')
  },
)
