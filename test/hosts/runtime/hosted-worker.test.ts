/** What applications hear of their worker, in what order, and how long it waits for them. */
import t from 'tap'
import type { ServerEvent } from '../../../core/contract/events.js'
import { RuntimeWorker } from '../../../hosts/runtime/hosted-worker.js'
import { worker as unhosted } from '../../../hosts/worker/index.js'
import { once } from '../testing/serve.js'

const make = (pinged = true) => {
  const events: ServerEvent[] = []
  const worker = new RuntimeWorker({ id: 3, pool: 'P', pinged, tell: (event) => events.push(event) })
  return { worker, events }
}

const notice = (milliseconds = 60_000) => ({ deadline: Date.now() + milliseconds, reason: 'it is old' })

t.test('at drain the signal is aborted with the reason, and the listeners get the deadline', async (test) => {
  const { worker } = make()
  const heard: unknown[] = []
  const forgotten = (): void => {
    heard.push('forgotten')
  }
  worker.on('drain', (given) => heard.push(given))
  worker.on('drain', forgotten)
  worker.off('drain', forgotten)
  worker.on('close', () => heard.push('closed'))
  test.equal(worker.signal.aborted, false)
  const given = notice()
  worker.announce('drain', given)
  test.same(heard, [given])
  test.match(worker.signal, { aborted: true, reason: { message: 'Worker 3 of pool "P" drains: it is old' } })
  worker.announce('close', given)
  test.same(heard, [given, 'closed'])
})

t.test('it waits for what the listeners do', async (test) => {
  const { worker } = make()
  const { promise, keep } = once<undefined>()
  worker.on('drain', () => promise)
  worker.announce('drain', notice())
  let settled = false
  const waiting = worker.settled(notice().deadline).then(() => (settled = true))
  await new Promise((resolve) => setImmediate(resolve))
  test.equal(settled, false)
  keep(undefined)
  await waiting
})

t.test('it waits no longer than the deadline', async () => {
  const { worker } = make()
  worker.on('drain', () => new Promise(() => undefined))
  worker.announce('drain', notice(50))
  await worker.settled(notice(50).deadline)
})

t.test('a listener that comes late is called at once', async (test) => {
  const { worker } = make()
  worker.announce('drain', notice())
  let called = false
  worker.on('drain', () => (called = true))
  test.equal(called, true)
})

t.test('a listener that fails keeps nobody from hearing, and is told', async (test) => {
  const { worker, events } = make()
  let called = false
  worker.on('drain', () => {
    throw new Error('broken')
  })
  worker.on('drain', () => (called = true))
  worker.announce('drain', notice())
  await worker.settled(notice().deadline)
  test.equal(called, true)
  test.match(events, [
    { level: 'warning', text: /listener to "drain" of worker 3 .* failed/, facts: { error: /broken/ } },
  ])
})

t.test('what is no occasion and no listener is refused with what would be right', async (test) => {
  const { worker } = make()
  const wrong = 'end' as 'drain'
  test.throws(() => {
    worker.on(wrong, () => undefined)
  }, /takes "drain" or "close" and a function, not end/)
})

t.test('a report is kept for the next ping, and told once', async (test) => {
  const { worker, events } = make()
  test.equal(worker.takeReport(), null)
  worker.reportUnhealthy('out of handles')
  worker.reportUnhealthy('out of handles')
  test.equal(worker.takeReport(), 'out of handles')
  test.equal(worker.takeReport(), null)
  worker.reportUnhealthy()
  test.equal(worker.takeReport(), '')
  test.match(events, [
    { id: 2262, level: 'warning', text: /out of handles.*next ping will see it/ },
    { id: 2263, level: 'warning', text: /gave no reason/ },
  ])
})

t.test('without pings a report leads to nothing, and the event says so', async (test) => {
  const { worker, events } = make(false)
  worker.reportUnhealthy('x')
  test.match(events, [{ id: 2262, text: /Nothing follows.*pingingEnabled of the pool is false/ }])
})

t.test('outside a worker the import does nothing', async (test) => {
  test.match(unhosted, { isHosted: false, id: 0, pool: '', signal: { aborted: false } })
  unhosted.on('drain', () => test.fail())
  unhosted.reportUnhealthy('x')
})
