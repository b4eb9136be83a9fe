/** Idle workers: found without any cost to requests, ended, and sooner while memory is short. */
import t from 'tap'
import { idleSince } from '../../../core/was/idle.js'
import { pressureOf, shortened } from '../../../core/was/memory-pressure.js'
import { Hosted, turn } from './hosted.js'

const MINUTE = 60_000

const running = (processModel: object = {}, more: object = {}, pool: object = {}) => {
  const hosted = new Hosted(
    [{ name: 'a', processModel: { pingingEnabled: false, idleTimeout: '10m', ...processModel }, ...pool }],
    more,
  )
  const first = hosted.ask('a')
  hosted.worker.ready()
  hosted.worker.answer(first)
  return { hosted, worker: hosted.worker, pool: hosted.pool('a') }
}

t.test('a worker is idle since the last look at which it had or had had a request', async (test) => {
  const last = { taken: 5, since: 100 }
  test.equal(idleSince(last, { taken: 5, executing: 0 }, 200), last)
  test.same(idleSince(last, { taken: 5, executing: 1 }, 200), { taken: 5, since: 200 })
  test.same(idleSince(last, { taken: 6, executing: 0 }, 200), { taken: 6, since: 200 })
})

t.test('an idle worker ends peacefully, and the next request starts another', async (test) => {
  const { hosted, worker, pool } = running()
  hosted.clock.advance(10 * MINUTE)
  test.same(hosted.states, ['running'], 'the first look saw that it had had a request meanwhile')
  hosted.clock.advance(30_000)
  test.same(hosted.states, ['stopping'])
  worker.end({ kind: 'stopped' })
  test.same(hosted.ids, [5186])
  test.match(pool.history.entries.slice(-2), [
    { what: 'stopping', event: 5186, evidence: { timeout: 10 * MINUTE } },
    { what: 'ended', reason: 'it was idle' },
  ])
  test.equal(hosted.service.countWorkers(), 0)
  test.equal(hosted.ask('a').state, 'queue')
  test.equal(hosted.started.length, 2)
})

t.test('whoever has a request is not idle, and the time counts from its end', async (test) => {
  const { hosted, worker } = running()
  hosted.clock.advance(5 * MINUTE)
  const long = hosted.ask('a')
  hosted.clock.advance(3 * 60 * MINUTE)
  test.same(hosted.states, ['running'])
  worker.answer(long)
  hosted.clock.advance(10 * MINUTE - 30_001)
  test.same(hosted.states, ['running'])
  hosted.clock.advance(60_000)
  test.same(hosted.states, ['stopping'])
})

t.test('each worker of a garden counts for itself', async (test) => {
  const { hosted, worker } = running({ maxProcesses: 2 })
  const other = hosted.worker
  hosted.ask('a')
  const second = hosted.worker
  test.not(second, other)
  second.ready()
  const busy = hosted.ask('a')
  test.ok(busy.receiver)
  hosted.clock.advance(20 * MINUTE)
  const states = [...hosted.pool('a').workers].map(({ state }) => state).sort()
  test.same(states, ['running', 'stopping'])
  test.ok(worker)
})

t.test('0 is never, and nobody is told where logEventOnProcessModel does not say so', async (test) => {
  const never = running({ idleTimeout: '0s' }).hosted
  never.clock.advance(24 * 60 * MINUTE)
  test.same(never.states, ['running'])
  const silent = running({ logEventOnProcessModel: [] }).hosted
  silent.clock.advance(11 * MINUTE)
  test.same([silent.ids, silent.states], [[], ['stopping']])
})

t.test('a worker that is being replaced is left to its replacement', async (test) => {
  const { hosted, pool } = running()
  hosted.clock.advance(9 * MINUTE)
  pool.recycle()
  hosted.clock.advance(80_000)
  test.same(hosted.ids, [5079])
  test.same(hosted.states, ['running', 'starting'])
})

t.test('the pressure of memory by its thresholds', async (test) => {
  test.same(
    [79, 80, 89, 90, 200].map((inUse) => pressureOf(inUse, 100)),
    ['normal', 'high', 'high', 'severe', 'severe'],
  )
  test.equal(pressureOf(100, 0), 'normal', '0 is off')
  test.same([shortened(100, 'normal'), shortened(100, 'high'), shortened(100, 'severe')], [100, 50, 10])
})

t.test('while memory is short idle workers end sooner, and events tell of each change', async (test) => {
  const { hosted, worker } = running({}, { webLimits: { dynamicIdleThreshold: 100 } })
  hosted.memoryInUse = 85
  hosted.clock.advance(10_000)
  test.same(hosted.ids, [5192])
  hosted.memoryInUse = 95
  hosted.clock.advance(10_000)
  test.same(hosted.ids, [5192, 5193])
  hosted.clock.advance(MINUTE + 10_000)
  test.same(hosted.ids, [5192, 5193, 5195])
  worker.end({ kind: 'stopped' })
  hosted.memoryInUse = 10
  hosted.clock.advance(10_000)
  test.same(hosted.ids, [5192, 5193, 5195, 5194])
  await hosted.service.stop()
  hosted.memoryInUse = 95
  hosted.clock.advance(MINUTE)
  test.equal(hosted.ids.length, 4, 'it is looked at no more')
})

t.test(
  'demandStartThreshold refuses whoever would need one worker more, and says so once a minute',
  async (test) => {
    const names = Array.from({ length: 11 }, (_value, index) => `p${index}`)
    const hosted = new Hosted(
      names.map((name) => ({ name, processModel: { idleTimeout: '0s', pingingEnabled: false } })),
      { webLimits: { demandStartThreshold: 10 } },
    )
    for (const name of names.slice(0, 10)) {
      hosted.ask(name)
      hosted.worker.ready()
    }
    for (let round = 0; round < 3; round++) test.match(hosted.ask('p10'), { error: 'UNAVAILABLE' })
    test.same(hosted.ids, [5196])
    hosted.clock.advance(MINUTE)
    hosted.ask('p10')
    test.same(hosted.ids, [5196, 5196])
    test.match(hosted.pool('p10').history.entries.at(-1), { what: 'refused', event: 5196 })
    hosted.pool('p0').recycle()
    test.equal(hosted.started.length, 11, 'replacements are not counted')
    const stopping = hosted.pool('p1').stop()
    hosted.started[1]?.end({ kind: 'stopped' })
    hosted.started[10]?.end({ kind: 'killed' })
    await stopping
    await turn()
    test.equal(hosted.ask('p10').state, 'queue')
  },
)
