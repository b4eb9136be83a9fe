/** Batches reach a log module's thread in order and at least once; what goes wrong costs pauses, and records beyond the bound. */
import t from 'tap'
import { ManualClock } from '../../../core/clock.js'
import type { ServerEvent } from '../../../core/contract/events.js'
import type { Batch } from '../../../hosts/log-worker/batch.js'
import { Delivery } from '../../../hosts/log-worker/delivery.js'
import type { LogThreadObserver } from '../../../hosts/log-worker/log-thread.js'
import type { ToLogWorker } from '../../../hosts/log-worker/messages.js'
import { Troubles } from '../../../hosts/log-worker/troubles.js'

const batch = (bytes = 100, count = 1): Batch => ({ count, bytes, groups: [], rows: new Float64Array(0) })

class FakeThread {
  readonly heard: ToLogWorker[] = []
  destroyed = false
  readonly observer: LogThreadObserver

  constructor(observer: LogThreadObserver) {
    this.observer = observer
  }

  post(message: ToLogWorker): void {
    this.heard.push(message)
  }

  destroy(): void {
    this.destroyed = true
  }

  ready(): void {
    this.observer.heard({ kind: 'ready' })
  }

  takes(number: number): void {
    this.observer.heard({ kind: 'taken', number })
  }

  get writes(): string[] {
    return this.heard.map((one) =>
      one.kind === 'write' ? `${one.number}${one.again ? ' again' : ''}` : one.kind,
    )
  }
}

const world = (maxWaiting = 1000) => {
  const clock = new ManualClock()
  const threads: FakeThread[] = []
  const events: ServerEvent[] = []
  const delivery = new Delivery({
    start: (observer) => {
      const thread = new FakeThread(observer)
      threads.push(thread)
      return thread
    },
    clock,
    troubles: new Troubles('audit', { write: (event) => events.push(event) }),
    limits: { maxWaiting, writeTimeLimit: 30_000, shutdownTimeLimit: 5000 },
  })
  const thread = (): FakeThread => threads.at(-1) as FakeThread
  return { clock, threads, thread, delivery, texts: () => events.map(({ text }) => text) }
}

t.test('one batch is under way at a time, in order, and none before the module is set up', async (t) => {
  const { delivery, thread, texts } = world()
  delivery.add(batch())
  delivery.add(batch())
  t.same(thread().writes, [])
  thread().ready()
  t.same(thread().writes, ['1'])
  thread().takes(1)
  t.same(thread().writes, ['1', '2'])
  thread().takes(1)
  thread().takes(2)
  t.same(thread().writes, ['1', '2'])
  t.same(texts(), [])
})

t.test(
  'a thread that ends is started again after a pause that grows, and gets the same batch again',
  async (t) => {
    const { delivery, thread, threads, clock, texts } = world()
    delivery.add(batch())
    thread().ready()
    for (const pause of [250, 500, 1000]) {
      const before = threads.length
      thread().observer.ended('it crashed')
      clock.advance(pause - 1)
      t.equal(threads.length, before)
      clock.advance(1)
      t.equal(threads.length, before + 1)
      thread().ready()
      t.same(thread().writes, ['1 again'])
    }
    thread().takes(1)
    t.equal(texts().length, 4)
    t.match(texts().at(-1), /takes records again; 0 records were lost/)
    thread().observer.ended('it crashed')
    const before = threads.length
    clock.advance(250)
    t.equal(threads.length, before + 1, 'a batch that was taken makes the pause short again')
  },
)

t.test('a refused batch comes again to the same thread; the refusal is told once', async (t) => {
  const { delivery, thread, threads, clock, texts } = world()
  delivery.add(batch())
  thread().ready()
  thread().observer.heard({ kind: 'refused', number: 1, why: 'away' })
  clock.advance(250)
  thread().observer.heard({ kind: 'refused', number: 1, why: 'away' })
  clock.advance(500)
  t.same(thread().writes, ['1', '1 again', '1 again'])
  t.equal(threads.length, 1)
  t.equal(texts().length, 1)
})

t.test('a thread that takes too long for a batch or its set-up is replaced', async (t) => {
  const { delivery, thread, threads, clock, texts } = world()
  clock.advance(30_000)
  t.ok(threads[0]?.destroyed)
  t.match(texts()[0], /has stalled: it was not set up within 30 s/)
  clock.advance(250)
  thread().ready()
  delivery.add(batch())
  clock.advance(30_000)
  t.ok(threads[1]?.destroyed)
  t.match(texts()[1], /has stalled: it did not take a batch within 30 s/)
  threads[1]?.takes(1)
  clock.advance(500)
  thread().ready()
  t.same(thread().writes, ['1 again'], 'what a replaced thread says late is not heard')
})

t.test('beyond the bound the newest records are lost, told once, and counted when it is over', async (t) => {
  const { delivery, thread, texts } = world(250)
  for (let i = 0; i < 5; i++) delivery.add(batch(100, 10))
  thread().ready()
  t.equal(texts().length, 1)
  thread().takes(1)
  thread().takes(2)
  t.same(thread().writes, ['1', '2'])
  t.match(texts()[1], /takes records again; 30 records were lost/)
})

t.test('a stop waits until all is taken and the module has closed', async (t) => {
  const { delivery, thread, texts } = world()
  delivery.add(batch())
  const closed = delivery.close()
  thread().ready()
  t.same(thread().writes, ['1'])
  thread().takes(1)
  t.same(thread().writes, ['1', 'close'])
  thread().observer.ended(null)
  await closed
  t.same(texts(), [])
})

t.test('a stop cuts a pause short, and waits no longer than its limit', async (t) => {
  const { delivery, thread, threads, clock, texts } = world()
  delivery.add(batch(100, 7))
  thread().ready()
  for (let i = 0; i < 6; i++) {
    thread().observer.ended('it crashed')
    clock.advance(i < 5 ? 10_000 : 0)
    if (i < 5) thread().ready()
  }
  const before = threads.length
  const closed = delivery.close()
  t.equal(threads.length, before + 1)
  clock.advance(5000)
  await closed
  t.ok(thread().destroyed)
  t.match(texts().at(-1), /had not taken all its records when the server stopped; 7 records were lost/)
  delivery.add(batch())
})

t.test('an event of the module is its own, however odd it is', async (t) => {
  const events: ServerEvent[] = []
  const troubles = new Troubles('audit', { write: (event) => events.push(event) })
  troubles.pass({ id: 5, level: 'warning', source: 'WAS', text: 'hello', facts: { a: 1 } })
  for (const odd of [null, undefined, 'x', { level: 'loud', facts: { big: 1n } }]) troubles.pass(odd)
  t.match(events[0], {
    id: 5,
    level: 'warning',
    source: 'module',
    text: 'hello',
    facts: { module: 'audit', a: 1 },
  })
  t.same(
    events.slice(1).map(({ level, source }) => `${level} ${source}`),
    Array.from({ length: 4 }, () => 'error module'),
  )
})
