/** Recycling: a worker is replaced without losing a request. */
import t from 'tap'
import { ToListener, ToWorker } from '../../../core/contract/messages.js'
import { memoryReason } from '../../../core/was/recycling.js'
import { firstLimit } from '../../../core/was/stagger.js'
import { Hosted, turn } from './hosted.js'

const running = (pool: Record<string, unknown> = {}) => {
  const hosted = new Hosted([
    { name: 'a', processModel: { pingingEnabled: false, idleTimeout: '0s' }, ...pool },
  ])
  const first = hosted.ask('a', '/first')
  hosted.worker.ready()
  hosted.worker.answer(first)
  hosted.events.splice(0)
  return { hosted, old: hosted.worker, pool: hosted.pool('a') }
}

t.test(
  'the new worker is ready before the old one is told to drain; a second recycle is the same',
  async (test) => {
    const { hosted, old, pool } = running()
    const taken = hosted.ask('a', '/1')
    pool.recycle()
    pool.recycle()
    test.equal(hosted.started.length, 2)
    const meanwhile = hosted.ask('a', '/2')
    test.notOk((await old.heard()).some(([kind]) => kind === ToWorker.DRAIN))
    test.equal((await hosted.worker.settings()).applications.length, 1, 'it loads what the old one had')
    hosted.worker.ready()
    test.ok((await old.heard()).some(([kind]) => kind === ToWorker.DRAIN))
    const after = hosted.ask('a', '/3')
    old.answer(taken)
    old.answer(meanwhile)
    old.end({ kind: 'stopped' })
    hosted.worker.answer(after)
    test.same(
      [taken, meanwhile, after].map(({ response }) => response.status),
      [200, 200, 200],
    )
    test.same(hosted.ids, [5079])
  },
)

t.test('a replacement that does not come up leaves the old one where it is', async (test) => {
  const { hosted, old, pool } = running()
  pool.recycle()
  hosted.worker.end({ kind: 'crashed', error: new Error('broken') })
  test.same(hosted.ids, [5079, 5093])
  const next = hosted.ask('a')
  old.answer(next)
  test.equal(next.response.status, 200)
  pool.recycle()
  test.equal(hosted.started.length, 3, 'and it may be tried again')
})

t.test('without overlap the old one ends first, and those who come wait', async (test) => {
  const { hosted, old, pool } = running({ recycling: { disallowOverlappingRotation: true } })
  pool.recycle()
  const waiting = hosted.ask('a')
  test.equal(hosted.started.length, 1)
  old.end({ kind: 'stopped' })
  test.equal(hosted.started.length, 2)
  hosted.worker.ready()
  hosted.worker.answer(waiting)
  test.equal(waiting.response.status, 200)
})

t.test('time, requests and memory make a worker old', async (test) => {
  const time = running({ recycling: { periodicRestart: { time: '1h' } } })
  time.hosted.clock.advance(3_600_000)
  test.same([time.hosted.ids, time.hosted.started.length], [[5074], 2])
  const requests = running({ recycling: { periodicRestart: { requests: 2 } } })
  requests.hosted.ask('a')
  await turn()
  test.same([requests.hosted.ids, requests.hosted.started.length], [[5075], 2])
  const memory = running({ processModel: {}, recycling: { periodicRestart: { privateMemory: 1000 } } })
  memory.old.say([ToListener.PONG, 1_023_999, 0])
  test.same(memory.hosted.ids, [])
  memory.old.say([ToListener.PONG, 1_024_000, 0])
  test.same(memory.hosted.ids, [5117])
  test.equal(memoryReason(2048, { time: 0, memory: 2, privateMemory: 0 }), 'Memory')
})

t.test('a garden spreads its first recycles', async (test) => {
  test.same(
    [1, 2, 3, 4].map((place) => firstLimit(80_000, place, 4)),
    [20_000, 40_000, 60_000, 80_000],
  )
})
