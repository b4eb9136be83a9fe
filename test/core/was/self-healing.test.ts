/** A pool that rapid-fail protection has disabled: tried again by itself, left and entered by hand. */
import t from 'tap'
import { nextPause } from '../../../core/was/self-healing.js'
import { Hosted, turn } from './hosted.js'

const MINUTE = 60_000
const HEALING = { enabled: true, firstPause: '1m', longestPause: '3m' }

const disabled = async (failure: object = { selfHealing: HEALING }, more: object = {}) => {
  const hosted = new Hosted([
    {
      name: 'a',
      failure: { rapidFailProtectionMaxCrashes: 1, ...failure },
      processModel: { pingingEnabled: false, idleTimeout: '0s', ...more },
    },
  ])
  const pool = hosted.pool('a')
  hosted.ask('a')
  hosted.worker.ready()
  hosted.worker.end({ kind: 'crashed' })
  await turn()
  return { hosted, pool }
}

t.test('pauses double up to the longest', async (test) => {
  const settings = { enabled: true, firstPause: 10, longestPause: 35 }
  test.same(
    [0, 10, 20, 35].map((last) => nextPause(last, settings)),
    [10, 20, 35, 35],
  )
})

t.test('off by default: a disabled pool stays so', async (test) => {
  const { hosted, pool } = await disabled({})
  hosted.clock.advance(24 * 60 * MINUTE)
  test.same([pool.state, hosted.started.length], ['stopped', 1])
})

t.test('after the pause one worker is tried; clients get 503 until it is ready', async (test) => {
  const { hosted, pool } = await disabled(undefined, { maxProcesses: 3 })
  test.match(hosted.events.at(-1)?.text, /One worker is tried in 60 s/)
  hosted.clock.advance(MINUTE - 1)
  test.equal(hosted.started.length, 1)
  hosted.clock.advance(1)
  test.equal(hosted.started.length, 2)
  test.match(hosted.ask('a'), { error: 'APP_OFFLINE' })
  hosted.worker.ready()
  hosted.worker.answer(hosted.ask('a'))
  hosted.ask('a')
  test.equal(hosted.started.length, 2, 'a garden of one')
  hosted.clock.advance(5 * MINUTE)
  test.match(
    pool.history.entries.filter(({ worker }) => worker === 0).map(({ what }) => what),
    ['started', 'disabled', 'trial', 'healthy'],
  )
  hosted.ask('a')
  test.equal(hosted.started.length, 3, 'the whole garden again')
})

t.test('a trial that fails disables the pool again, for twice as long', async (test) => {
  const { hosted, pool } = await disabled({ selfHealing: HEALING, rapidFailProtectionMaxCrashes: 2 })
  hosted.ask('a')
  hosted.worker.end({ kind: 'crashed' })
  hosted.clock.advance(MINUTE)
  test.equal(hosted.started.length, 3)
  hosted.worker.end({ kind: 'crashed' })
  test.match(hosted.events.at(-1), { id: 5002, text: /trial worker failed. One worker is tried in 120 s/ })
  test.equal(pool.state, 'stopped')
  hosted.clock.advance(2 * MINUTE)
  hosted.worker.ready()
  hosted.worker.end({ kind: 'crashed' })
  test.match(hosted.events.at(-1)?.text, /in 180 s/)
  hosted.clock.advance(3 * MINUTE)
  hosted.worker.ready()
  hosted.clock.advance(5 * MINUTE)
  hosted.worker.end({ kind: 'crashed' })
  test.equal(pool.state, 'started', 'after a trial that went well failures are counted from one')
})

t.test('a start by hand forgets failures and ends the trials', async (test) => {
  const { hosted, pool } = await disabled({ selfHealing: HEALING, rapidFailProtectionMaxCrashes: 2 })
  hosted.ask('a')
  hosted.worker.end({ kind: 'crashed' })
  pool.start()
  test.equal(hosted.ask('a').state, 'queue')
  test.equal(hosted.started.length, 3)
  hosted.worker.ready()
  hosted.clock.advance(10 * MINUTE)
  test.equal(hosted.started.length, 3)
  hosted.worker.end({ kind: 'crashed' })
  test.equal(pool.state, 'started', 'the first failure of two')
})

t.test('a stop by hand is the same state under its own name, and nothing is tried', async (test) => {
  const { hosted, pool } = await disabled()
  test.match(hosted.ask('a'), { error: 'APP_OFFLINE' })
  await pool.stop()
  test.match(hosted.ask('a'), { error: 'POOL_DISABLED' })
  hosted.clock.advance(60 * MINUTE)
  test.equal(hosted.started.length, 1)
  test.match(pool.history.entries.at(-1), { what: 'stopping', worker: 0 })
})

t.test(
  'a start while the pool stops comes as soon as it has stopped; a stop takes that back',
  async (test) => {
    const hosted = new Hosted([{ name: 'a' }])
    const pool = hosted.pool('a')
    const run = (): void => {
      hosted.ask('a')
      hosted.worker.ready()
    }
    run()
    const stopped = pool.stop()
    pool.start()
    test.match(hosted.ask('a'), { error: 'POOL_DISABLED' })
    test.equal(pool.state, 'stopping')
    hosted.worker.end({ kind: 'stopped' })
    await stopped
    test.equal(pool.state, 'started')
    run()
    const again = pool.stop()
    pool.start()
    const last = pool.stop()
    hosted.worker.end({ kind: 'stopped' })
    await Promise.all([again, last])
    test.equal(pool.state, 'stopped')
  },
)

t.test('a replacement that does not come up counts as a failure', async (test) => {
  const hosted = new Hosted([{ name: 'a', failure: { rapidFailProtectionMaxCrashes: 2 } }])
  const pool = hosted.pool('a')
  hosted.ask('a')
  hosted.worker.ready()
  const old = hosted.worker
  for (let round = 0; round < 2; round++) {
    pool.recycle()
    hosted.worker.end({ kind: 'crashed' })
  }
  test.same(hosted.ids, [5079, 5093, 5079, 5093, 5002])
  test.equal(pool.state, 'stopping')
  old.end({ kind: 'stopped' })
  test.equal(pool.state, 'stopped')
})

t.test('the history has what the event log has: 5011, 5012, 5013, 5022', async (test) => {
  const hosted = new Hosted([{ name: 'a' }])
  const pool = hosted.pool('a')
  hosted.ask('a')
  hosted.clock.advance(90_000)
  await turn()
  hosted.ask('a')
  hosted.worker.ready()
  hosted.worker.say([0])
  await turn()
  hosted.ask('a')
  hosted.worker.ready()
  void pool.stop()
  hosted.clock.advance(90_000)
  const ids = pool.history.entries.map(({ event }) => event).filter((id) => id > 0)
  test.same(ids, [5012, 5022, 5011, 5013])
})
