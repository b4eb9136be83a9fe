/** Pings: asked at intervals, and a worker that is silent is replaced. */
import t from 'tap'
import { ToListener, ToWorker } from '../../../core/contract/messages.js'
import { Hosted, turn } from './hosted.js'

const running = (pool: Record<string, unknown> = {}) => {
  const hosted = new Hosted([
    {
      name: 'a',
      ...pool,
      processModel: { pingInterval: '10s', pingResponseTime: '20s', ...(pool.processModel as object) },
    },
  ])
  const first = hosted.ask('a', '/first')
  hosted.worker.ready()
  hosted.worker.answer(first)
  hosted.events.splice(0)
  return { hosted, worker: hosted.worker, pool: hosted.pool('a') }
}

const pings = async ({ worker }: ReturnType<typeof running>): Promise<number> =>
  (await worker.heard()).filter(([kind]) => kind === ToWorker.PING).length

t.test('a worker that answers is asked again an interval after its answer, and left alone', async (test) => {
  const all = running()
  const { hosted, worker, pool } = all
  hosted.clock.advance(9_999)
  test.equal(await pings(all), 0)
  for (let round = 0; round < 5; round++) {
    hosted.clock.advance(round === 0 ? 1 : 10_000)
    test.equal(await pings(all), 1)
    hosted.clock.advance(19_999)
    worker.say([ToListener.PONG, 5_000_000, 0.25, null])
  }
  test.equal(worker.killed, false)
  test.same(hosted.ids, [])
  const [one] = pool.workers
  test.match(one?.snapshot(), {
    memory: 5_000_000,
    utilisation: 0.25,
    lastPong: hosted.clock.now(),
    taken: 1,
  })
})

t.test(
  'a silent one is killed with evidence; its requests are reset; who waits gets another at once',
  async (test) => {
    const { hosted, worker, pool } = running({ concurrentRequests: 1 })
    const [taken, waiting] = [hosted.ask('a', '/1'), hosted.ask('a', '/2')]
    hosted.clock.advance(29_999)
    test.equal(worker.killed, false)
    hosted.clock.advance(1)
    test.equal(worker.killed, true)
    test.equal(hosted.started.length, 2, 'the new one does not wait for the end of the old one')
    await turn()
    test.match(taken, { error: 'WORKER_LOST', response: { reset: true } })
    test.equal(waiting.state, 'queue')
    hosted.worker.ready()
    hosted.worker.answer(waiting)
    test.equal(waiting.response.status, 200)
    test.same(hosted.ids, [5010])
    const told = hosted.events.find(({ id }) => id === 5010)
    test.match(told, { level: 'warning', facts: { worker: worker.id, executing: 1, oldestRequest: Number } })
    test.match(
      pool.history.entries.map(({ what, event }) => [what, event]),
      [
        ['started', 0],
        ['started', 0],
        ['ready', 0],
        ['failed', 5010],
        ['started', 0],
        ['ready', 0],
      ],
    )
  },
)

t.test('one silent thread of several is enough', async (test) => {
  const { hosted, worker } = running({ processModel: { threads: 2 } })
  hosted.clock.advance(10_000)
  worker.say([ToListener.PONG, 1, 0, null], 0)
  hosted.clock.advance(20_000)
  test.equal(worker.killed, true)
})

t.test('without pingingEnabled nobody is asked', async (test) => {
  const all = running({ processModel: { pingingEnabled: false, idleTimeout: '0s' } })
  all.hosted.clock.advance(3_600_000)
  test.equal(await pings(all), 0)
  test.equal(all.worker.killed, false)
})
