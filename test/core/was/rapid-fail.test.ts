/** Rapid-fail protection: the decision, and the pool that is taken out of service. */
import t from 'tap'
import { decideOnFailure } from '../../../core/was/rapid-fail.js'
import { divideParameters } from '../../../core/was/run-action.js'
import { Hosted, turn } from './hosted.js'

const settings = {
  rapidFailProtection: true,
  rapidFailProtectionInterval: 300,
  rapidFailProtectionMaxCrashes: 3,
}

t.test('only failures within the interval count', async (test) => {
  test.same(decideOnFailure([], 1000, settings), { failures: [1000], disable: false })
  test.same(decideOnFailure([701, 800], 1000, settings), { failures: [701, 800, 1000], disable: true })
  test.same(decideOnFailure([700, 800], 1000, settings), { failures: [800, 1000], disable: false })
  const off = { ...settings, rapidFailProtection: false }
  test.same(decideOnFailure([998, 999], 1000, off), { failures: [], disable: false })
})

t.test('parameters are divided at blanks, and quotes hold them together', async (test) => {
  test.same(divideParameters('  -a "b c"  d ""'), ['-a', 'b c', 'd', ''])
})

for (const [level, disabled] of [
  ['HttpLevel', { error: 'APP_OFFLINE', response: { status: 503 } }],
  ['TcpLevel', { error: 'REFUSED', response: { reset: true } }],
] as const) {
  t.test(`a pool that failed too often is disabled until it is started by hand: ${level}`, async (test) => {
    const failure = { rapidFailProtectionMaxCrashes: 3, loadBalancerCapabilities: level }
    const hosted = new Hosted([{ name: 'a', failure, processModel: { maxProcesses: 2 } }, { name: 'b' }])
    const pool = hosted.pool('a')
    hosted.ask('a')
    hosted.worker.ready()
    hosted.worker.end({ kind: 'crashed' })
    hosted.ask('a')
    hosted.worker.end({ kind: 'crashed' })
    test.equal(pool.state, 'started')
    hosted.ask('a')
    hosted.worker.ready()
    hosted.worker.end({ kind: 'exited', exitCode: 1 })
    await turn()
    test.equal(pool.state, 'stopped')
    test.same(hosted.ids.at(-1), 5002)
    test.match(hosted.ask('a'), disabled)
    test.equal(hosted.ask('b').state, 'queue', 'other pools go on')
    pool.start()
    const again = hosted.ask('a')
    hosted.worker.ready()
    hosted.worker.answer(again)
    test.equal(again.response.status, 200)
  })
}

t.test('a stop by hand, and what it ends, is no failure', async (test) => {
  const hosted = new Hosted([{ name: 'a', failure: { rapidFailProtectionMaxCrashes: 1 } }])
  const pool = hosted.pool('a')
  hosted.ask('a')
  hosted.worker.ready()
  const stopped = pool.stop()
  hosted.clock.advance(90_000)
  await stopped
  test.same(hosted.ids, [5013])
  test.match(hosted.ask('a'), { error: 'POOL_DISABLED' })
})
