/** startMode AlwaysRunning: there is always a worker, and a broken one is not started in circles. */
import t from 'tap'
import { pauseBeforeRestart } from '../../../core/was/always-running.js'
import { Hosted, turn } from './hosted.js'

const always = (pool: Record<string, unknown> = {}) => {
  const hosted = new Hosted([{ name: 'a', startMode: 'AlwaysRunning', ...pool }, { name: 'b' }])
  return { hosted, pool: hosted.pool('a') }
}

t.test('it is there from the start, with all applications of its pool loaded', async (test) => {
  const { hosted } = always()
  test.equal(hosted.started.length, 1)
  const { applications } = await hosted.worker.settings()
  test.same(
    applications.map(({ name }) => name),
    ['a/', 'a/shop'],
  )
})

t.test('after a crash and after it was idle another one starts at once', async (test) => {
  const { hosted } = always({ processModel: { pingingEnabled: false, idleTimeout: '1m' } })
  hosted.worker.ready()
  hosted.worker.end({ kind: 'crashed' })
  test.equal(hosted.started.length, 2)
  hosted.worker.ready()
  hosted.clock.advance(60_000)
  test.same(hosted.ids, [5009, 5186])
  test.same(hosted.states, ['stopping', 'starting'])
})

t.test('one that ends before it is ready is tried again after growing pauses', async (test) => {
  test.same([0, 1, 2, 3, 6, 7, 50].map(pauseBeforeRestart), [0, 1000, 2000, 4000, 32_000, 60_000, 60_000])
  const { hosted, pool } = always({ failure: { rapidFailProtectionMaxCrashes: 3 } })
  hosted.worker.end({ kind: 'crashed' })
  hosted.clock.advance(999)
  test.equal(hosted.started.length, 1)
  hosted.clock.advance(1)
  test.equal(hosted.started.length, 2)
  hosted.worker.end({ kind: 'crashed' })
  hosted.clock.advance(2000)
  hosted.worker.end({ kind: 'crashed' })
  test.equal(hosted.ids.at(-1), 5002, 'rapid-fail protection counts them')
  hosted.clock.advance(3_600_000)
  test.equal(hosted.started.length, 3)
  pool.start()
  test.equal(hosted.started.length, 4)
})

t.test('a request does not wait for the pause', async (test) => {
  const { hosted } = always()
  hosted.worker.end({ kind: 'crashed' })
  hosted.ask('a')
  test.equal(hosted.started.length, 2)
  hosted.worker.ready()
  hosted.clock.advance(5000)
  test.equal(hosted.started.length, 2)
})

t.test('a stopped pool has none, and gets one when it is started', async (test) => {
  const { hosted, pool } = always()
  hosted.worker.ready()
  const stopped = pool.stop()
  hosted.worker.end({ kind: 'stopped' })
  await stopped
  test.equal(hosted.started.length, 1)
  pool.start()
  test.equal(hosted.started.length, 2)
  const none = always({ autoStart: false })
  test.equal(none.hosted.started.length, 0)
})

t.test('without overlap the old one must have ended', async (test) => {
  const { hosted, pool } = always({ recycling: { disallowOverlappingRotation: true } })
  const old = hosted.worker
  old.ready()
  pool.recycle()
  test.equal(hosted.started.length, 1)
  old.end({ kind: 'stopped' })
  await turn()
  test.equal(hosted.started.length, 2)
})

t.test('where the threshold of workers leaves no room it is tried again after a minute', async (test) => {
  const many = Array.from({ length: 10 }, (_value, index) => ({
    name: `p${index}`,
    startMode: 'AlwaysRunning',
    processModel: { idleTimeout: '0s', pingingEnabled: false },
  }))
  const hosted = new Hosted([...many, { name: 'late', startMode: 'AlwaysRunning' }], {
    webLimits: { demandStartThreshold: 10 },
  })
  test.equal(hosted.started.length, 10)
  const [first] = hosted.started
  const stopping = hosted.pool('p0').stop()
  first?.end({ kind: 'stopped' })
  await stopping
  hosted.clock.advance(60_000)
  test.equal(hosted.worker.pool, 'late')
})
