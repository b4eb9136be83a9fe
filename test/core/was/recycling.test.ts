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
  memory.old.say([ToListener.PONG, 1_023_999, 0, null])
  test.same(memory.hosted.ids, [])
  memory.old.say([ToListener.PONG, 1_024_000, 0, null])
  test.same(memory.hosted.ids, [5117])
  test.equal(memoryReason(2048, { time: 0, memory: 2, privateMemory: 0 }), 'Memory')
})

t.test('a worker whose application reported itself unhealthy is replaced once', async (test) => {
  const { hosted, old, pool } = running({ processModel: {} })
  old.say([ToListener.PONG, 1000, 0, 'the database is gone'])
  old.say([ToListener.PONG, 1000, 0, ''])
  test.same([hosted.ids, hosted.started.length], [[5078], 2])
  const entry = pool.history.entries.find(({ what }) => what === 'recycling')
  test.match(entry, { worker: 1, event: 5078, evidence: { reported: 'the database is gone' } })
})

t.test('a garden spreads its first recycles', async (test) => {
  test.same(
    [1, 2, 3, 4].map((place) => firstLimit(80_000, place, 4)),
    [20_000, 40_000, 60_000, 80_000],
  )
})

t.test('a garden of four and 16 h: one recycle every 4 h, then each worker every 16 h', async (test) => {
  const { hosted } = running({
    processModel: { maxProcesses: 4, pingingEnabled: false, idleTimeout: '0s' },
    recycling: { periodicRestart: { time: '16h' } },
  })
  for (let worker = 1; worker < 4; worker++) {
    hosted.ask('a')
    hosted.worker.ready()
  }
  const begun = hosted.clock.now()
  const recycled: string[] = []
  const hours = (until: number): void => {
    while (hosted.clock.now() < begun + until * 3_600_000) {
      hosted.clock.advance(60_000)
      for (const { id, facts } of hosted.events.splice(0)) {
        if (id === 5074)
          recycled.push(`${String(facts?.worker)} at ${(hosted.clock.now() - begun) / 3_600_000}`)
      }
      for (const worker of hosted.started) worker.ready()
      for (const worker of hosted.pool('a').workers)
        if (worker.state === 'stopping') hosted.started[worker.id - 1]?.end({ kind: 'stopped' })
    }
  }
  hours(11)
  hosted.started[3]?.end({ kind: 'crashed' })
  hosted.ask('a')
  hosted.worker.ready()
  hours(24)
  test.same(recycled, ['1 at 4', '2 at 8', '3 at 12', '5 at 20', '6 at 24'], 'the fourth began anew at 11')
  hours(27)
  test.equal(recycled.at(-1), '7 at 27')
})

t.test('conditions combine: whichever is met first', async (test) => {
  const limits = { time: '1h', requests: 3, privateMemory: 1000 }
  const first = running({ recycling: { periodicRestart: limits } })
  first.hosted.clock.advance(3_600_000)
  const second = running({ recycling: { periodicRestart: limits } })
  for (let request = 0; request < 3; request++) second.hosted.ask('a')
  await turn()
  const third = running({ processModel: {}, recycling: { periodicRestart: limits } })
  third.old.say([ToListener.PONG, 1_024_000, 0, null])
  test.same(
    [first, second, third].map(({ hosted }) => hosted.ids),
    [[5074], [5075], [5117]],
  )
})
