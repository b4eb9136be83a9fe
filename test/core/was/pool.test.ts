/** A pool's workers from demand to end, whatever becomes of them. */
import t from 'tap'
import { PROTOCOL_VERSION, ToListener, ToWorker } from '../../../core/contract/messages.js'
import { makeConnection } from '../pipeline/drive.js'
import { Hosted, turn } from './hosted.js'

/** A pool with one worker that is ready. */
const running = (pool: Record<string, unknown> = {}, more: object = {}) => {
  const hosted = new Hosted([{ name: 'a', ...pool }], more)
  const first = hosted.ask('a', '/first')
  hosted.worker.ready()
  hosted.worker.answer(first)
  hosted.events.splice(0)
  return { hosted, worker: hosted.worker, pool: hosted.pool('a') }
}

t.test('the first request starts a worker and is served when that is ready', async (test) => {
  const hosted = new Hosted([{ name: 'a' }])
  const [first, second] = [hosted.ask('a', '/1'), hosted.ask('a', '/2')]
  test.equal(hosted.started.length, 1, 'one start at a time')
  test.same(hosted.states, ['starting'])
  test.same([first.state, second.state], ['queue', 'queue'])
  hosted.clock.advance(120)
  hosted.worker.ready()
  test.same(hosted.states, ['running'])
  test.same([first.state, second.state], ['dispatch', 'dispatch'])
  hosted.worker.answer(second)
  hosted.worker.answer(first)
  test.same([first.response.status, second.response.status], [200, 200])
  test.match(hosted.events, [{ id: 0, level: 'info', text: /ready after 120 ms/ }])
})

t.test('a worker is ready when each of its lanes has said so', async (test) => {
  const hosted = new Hosted([{ name: 'a', processModel: { threads: 2 } }])
  const requests = [hosted.ask('a'), hosted.ask('a')]
  const { worker } = hosted
  worker.say([ToListener.READY, PROTOCOL_VERSION], 1)
  test.same(hosted.states, ['starting'])
  worker.say([ToListener.READY, PROTOCOL_VERSION], 0)
  test.same(hosted.states, ['running'])
  test.same(
    requests.map(({ state }) => state),
    ['dispatch', 'dispatch'],
  )
  const more = Array.from({ length: 4 }, () => hosted.ask('a'))
  await worker.heard(0)
  const kinds = (await worker.heard(1)).map(([kind]) => kind)
  test.ok(kinds.includes(ToWorker.REQUEST), 'both lanes take requests')
  test.equal(more.at(-1)?.state, 'dispatch')
})

t.test(
  'a web garden grows by one with each new connection, while nobody is starting, up to its size',
  async (test) => {
    const { hosted, pool } = running({ processModel: { maxProcesses: 3 } })
    test.equal(pool.workers.size, 1)
    const connection = makeConnection()
    hosted.ask('a', '/1', { connection })
    test.same(hosted.states, ['running', 'starting'])
    hosted.ask('a', '/2')
    test.equal(hosted.started.length, 2, 'one start at a time')
    hosted.worker.ready()
    hosted.ask('a', '/3', { connection })
    test.equal(hosted.started.length, 2, 'a known connection is no reason')
    hosted.ask('a', '/4')
    test.equal(hosted.started.length, 3)
    hosted.worker.ready()
    for (let request = 0; request < 10; request++) hosted.ask('a')
    test.equal(hosted.started.length, 3)
    test.same(hosted.states, ['running', 'running', 'running'])
  },
)

t.test('a web garden whose workers are all busy grows for those who wait', async (test) => {
  const hosted = new Hosted([{ name: 'a', concurrentRequests: 1, processModel: { maxProcesses: 2 } }])
  const requests = ['/1', '/2', '/3'].map((target) => hosted.ask('a', target))
  const states = (): string[] => requests.map(({ state }) => state)
  hosted.worker.ready()
  test.same(states(), ['dispatch', 'queue', 'queue'])
  test.equal(hosted.started.length, 2, 'somebody still waits: the next one starts')
  hosted.worker.ready()
  test.same(states(), ['dispatch', 'dispatch', 'queue'])
  test.equal(hosted.started.length, 2)
})

t.test('a worker that is not ready in time is killed, and those who wait get 503', async (test) => {
  const hosted = new Hosted([{ name: 'a', processModel: { startupTimeLimit: '30s' } }])
  const ctx = hosted.ask('a')
  hosted.clock.advance(29_999)
  test.equal(hosted.worker.killed, false)
  hosted.clock.advance(1)
  test.equal(hosted.worker.killed, true)
  await turn()
  test.match(ctx, { error: 'UNAVAILABLE', response: { status: 503 } })
  test.same(hosted.ids, [5012, 5022])
  test.match(hosted.events[0], { level: 'warning', text: /not ready within 30 s \(startupTimeLimit\)/ })
  test.equal(hosted.started.length, 1)
})

t.test('a worker that was ready in time is not killed later', async (test) => {
  const { hosted, worker } = running({ processModel: { pingingEnabled: false, idleTimeout: '0s' } })
  hosted.clock.advance(24 * 3_600_000)
  test.equal(worker.killed, false)
  test.same(hosted.ids, [])
})

t.test(
  'a start that fails is answered with 503 once, and tried again with the next request only',
  async (test) => {
    const hosted = new Hosted([{ name: 'a' }])
    const waiting = [hosted.ask('a'), hosted.ask('a')]
    hosted.worker.end({ kind: 'crashed', error: new Error('no such file') })
    for (const ctx of waiting) test.match(ctx, { error: 'UNAVAILABLE', state: 'done' })
    await turn()
    test.equal(hosted.started.length, 1, 'no circle')
    test.match(hosted.events, [
      { id: 5022, level: 'error', text: /ended before it was ready: no such file\. 2 waiting requests were/ },
    ])
    test.equal(hosted.service.countWorkers(), 0)

    const next = hosted.ask('a')
    test.equal(hosted.started.length, 2)
    hosted.worker.ready()
    hosted.worker.answer(next)
    test.equal(next.response.status, 200)
  },
)

t.test(
  'in a web garden a start that fails leaves those who wait to the others, and does not turn in circles',
  async (test) => {
    const { hosted, worker } = running({ concurrentRequests: 1, processModel: { maxProcesses: 2 } })
    const [taken, waiting] = [hosted.ask('a', '/1'), hosted.ask('a', '/2')]
    for (let round = 0; round < 5 && hosted.worker !== worker; round++) {
      hosted.worker.end({ kind: 'crashed' })
      await turn()
    }
    test.equal(hosted.started.length, 2, 'one attempt, until there is new demand')
    test.equal(waiting.state, 'queue')
    worker.answer(taken)
    test.equal(waiting.state, 'dispatch')
  },
)

t.test(
  'a crash is told at once; what the worker had is reset; who waits goes to a new worker',
  async (test) => {
    const { hosted, worker, pool } = running({ concurrentRequests: 2 })
    const [one, two, three] = [hosted.ask('a', '/1'), hosted.ask('a', '/2'), hosted.ask('a', '/3')]
    test.same([one.state, two.state, three.state], ['dispatch', 'dispatch', 'queue'])
    worker.end({ kind: 'crashed', error: new Error('oh no') })
    for (const ctx of [one, two]) test.match(ctx, { error: 'WORKER_LOST', response: { reset: true } })
    test.match(hosted.events, [
      { id: 5009, level: 'warning', text: /ended unexpectedly: oh no\. 2 requests it had taken were lost/ },
    ])
    test.equal(hosted.started.length, 2)
    test.equal(three.state, 'queue')
    hosted.worker.ready()
    hosted.worker.answer(three)
    test.equal(three.response.status, 200)
    test.equal(pool.workers.size, 1)
  },
)

t.test('with inFlight 502 a crash is answered instead of reset', async (test) => {
  const { hosted, worker } = running({ failure: { inFlight: '502' } })
  const ctx = hosted.ask('a')
  worker.end({ kind: 'exited', exitCode: 3 })
  test.match(ctx, { error: 'BAD_GATEWAY', response: { status: 502, reset: false } })
  test.match(hosted.events, [{ id: 5009, text: /process\.exit\(3\)\. 1 request it had taken was lost/ }])
})

t.test('after a crash nobody starts a worker for nobody', async (test) => {
  const { hosted, worker, pool } = running()
  worker.end({ kind: 'outOfMemory' })
  await turn()
  test.equal(hosted.started.length, 1)
  test.equal(pool.workers.size, 0)
  test.match(hosted.events, [{ id: 5009, text: /memory limit/ }])
  hosted.ask('a')
  test.equal(hosted.started.length, 2)
})

t.test(
  'a connection whose worker has crashed goes on with the new one, and is introduced to it',
  async (test) => {
    const { hosted, worker } = running()
    const connection = makeConnection()
    worker.answer(hosted.ask('a', '/1', { connection }))
    worker.end({ kind: 'crashed' })
    test.equal(connection.knownTo.size, 0)
    const ctx = hosted.ask('a', '/2', { connection })
    hosted.worker.ready()
    const kinds = (await hosted.worker.heard()).map(([kind]) => kind)
    test.same(kinds, [ToWorker.START, ToWorker.CONNECT, ToWorker.REQUEST])
    test.equal(ctx.state, 'dispatch')
  },
)

t.test('a request that comes while the worker is being lost starts the next one', async (test) => {
  const { hosted, worker } = running()
  const lost = hosted.ask('a', '/1')
  hosted.drive.pipeline.onDone = (ctx) => {
    if (ctx === lost) hosted.ask('a', '/2')
  }
  worker.end({ kind: 'crashed' })
  test.equal(hosted.started.length, 2)
  test.equal(hosted.pool('a').workers.size, 1)
})

t.test('a worker that speaks nonsense, or another version, is ended', async (test) => {
  for (const nonsense of [['what?'], [ToListener.READY, 99]]) {
    const hosted = new Hosted([{ name: 'a' }])
    const ctx = hosted.ask('a')
    hosted.worker.say(nonsense)
    test.equal(hosted.worker.killed, true)
    await turn()
    test.same(hosted.ids, [5011, 5022])
    test.equal(ctx.error, 'UNAVAILABLE')
  }
  const { hosted, worker } = running()
  worker.say([0])
  await turn()
  test.same(hosted.ids, [5011])
})

t.test('what a worker has to say reaches the event log', async (test) => {
  const { hosted, worker } = running()
  const event = { id: 2299, level: 'error', source: 'worker', text: 'cannot be loaded' }
  worker.say([ToListener.EVENT, event])
  test.same(hosted.events, [event])
})

t.test('stop lets a worker finish what it has, and refuses who waits and who comes', async (test) => {
  const { hosted, worker, pool } = running({
    concurrentRequests: 1,
    processModel: { shutdownTimeLimit: '10s' },
  })
  const [taken, waiting] = [hosted.ask('a', '/1'), hosted.ask('a', '/2')]
  await worker.heard()
  let stopped = false
  const stopping = pool.stop().then(() => (stopped = true))
  test.equal(pool.state, 'stopping')
  test.same(hosted.states, ['stopping'])
  test.match(waiting, { error: 'POOL_DISABLED', response: { status: 503 } })
  test.equal(hosted.ask('a', '/3').error, 'POOL_DISABLED')
  test.same(await worker.heard(), [[ToWorker.DRAIN, hosted.clock.now() + 10_000, 'its pool was stopped']])

  worker.answer(taken)
  test.equal(taken.response.status, 200)
  worker.say([ToListener.DRAINED])
  await turn()
  test.equal(stopped, false)
  worker.end({ kind: 'stopped' })
  await stopping
  test.equal(pool.state, 'stopped')
  test.equal(worker.killed, false)
  test.same(hosted.ids, [])
  hosted.clock.advance(60_000)
  test.same(hosted.ids, [], 'the limit is off')
  test.equal(hosted.started.length, 1)
})

t.test('a worker that does not end in time is killed, with what it has', async (test) => {
  for (const inFlight of ['reset', '502'] as const) {
    const { hosted, worker, pool } = running({
      failure: { inFlight },
      processModel: { shutdownTimeLimit: '10s' },
    })
    const ctx = hosted.ask('a')
    const stopping = pool.stop()
    hosted.clock.advance(9_999)
    test.equal(worker.killed, false)
    hosted.clock.advance(1)
    test.equal(worker.killed, true)
    await stopping
    test.match(hosted.events[0], {
      id: 5013,
      text: /within 10 s \(shutdownTimeLimit\) and is given up with 1 requests/,
    })
    test.same(hosted.ids, [5013], 'and nothing unexpected')
    test.equal(ctx.error, inFlight === '502' ? 'BAD_GATEWAY' : 'WORKER_LOST')
  }
})

t.test('stop ends a worker that is still starting', async (test) => {
  const hosted = new Hosted([{ name: 'a' }])
  const ctx = hosted.ask('a')
  const { worker } = hosted
  const stopping = hosted.service.stop()
  test.equal(ctx.error, 'POOL_DISABLED')
  test.same(
    (await worker.heard()).map(([kind]) => kind),
    [ToWorker.START, ToWorker.DRAIN],
  )
  worker.ready()
  test.same(hosted.states, ['stopping'])
  worker.end({ kind: 'stopped' })
  await stopping
  test.same(hosted.ids, [])
})

t.test(
  'stop resolves at once without workers, may be called twice, and the pool can start again',
  async (test) => {
    const { hosted, worker, pool } = running()
    const both = Promise.all([pool.stop(), pool.stop()])
    worker.end({ kind: 'stopped' })
    await both
    await pool.stop()
    test.equal(pool.state, 'stopped')
    pool.start()
    const ctx = hosted.ask('a')
    hosted.worker.ready()
    test.equal(ctx.state, 'dispatch')
    pool.start()
    test.equal(pool.state, 'started', 'one that is started stays so')
  },
)

t.test('a worker that crashes while it stops is no news', async (test) => {
  const { hosted, worker, pool } = running()
  const stopping = pool.stop()
  worker.end({ kind: 'crashed', error: new Error('too late') })
  await stopping
  test.same(hosted.ids, [])
})

t.test('kill ends every worker at once', async (test) => {
  const hosted = new Hosted([{ name: 'a' }, { name: 'b' }])
  const requests = [hosted.ask('a'), hosted.ask('b')]
  for (const worker of hosted.started) worker.ready()
  const stopping = hosted.service.stop()
  hosted.service.kill()
  await stopping
  test.same(
    hosted.started.map(({ killed }) => killed),
    [true, true],
  )
  for (const ctx of requests) test.equal(ctx.error, 'WORKER_LOST')
  test.equal(hosted.service.countWorkers(), 0)
})

t.test('at demandStartThreshold no worker is started, and whoever has none gets 503', async (test) => {
  const webLimits = { demandStartThreshold: 11 }
  const names = Array.from({ length: 11 }, (_value, at) => `p${at}`)
  const pools = [...names, 'late'].map((name) => ({ name, processModel: { maxProcesses: 2 } }))
  const hosted = new Hosted(pools, { webLimits })
  for (const name of names) {
    hosted.ask(name)
    hosted.worker.ready()
  }
  test.equal(hosted.service.countWorkers(), 11)
  test.match(hosted.ask('late'), { error: 'UNAVAILABLE', response: { status: 503 } })
  test.same(hosted.ids, [5196])
  test.match(hosted.events.at(-1), { level: 'warning', text: /demandStartThreshold allows \(11\)/ })

  test.equal(hosted.ask('p0').state, 'dispatch', 'a garden that cannot grow still serves')
  test.equal(hosted.started.length, 11)
  hosted.started[0]?.end({ kind: 'crashed' })
  test.equal(hosted.ask('late').state, 'queue', 'there is room again')
})

t.test('the failure of one pool is nothing to another', async (test) => {
  const hosted = new Hosted([{ name: 'a' }, { name: 'b' }])
  const [a, b] = [hosted.ask('a'), hosted.ask('b')]
  const [workerA, workerB] = hosted.started
  workerB?.ready()
  workerA?.end({ kind: 'crashed' })
  test.equal(a.error, 'UNAVAILABLE')
  workerB?.answer(b)
  test.equal(b.response.status, 200)
})
