/** Recycling at times of day, also on the days on which the clocks are changed; and the jitter of what comes by time. */
import t from 'tap'
import { ManualClock } from '../../../core/clock.js'
import { atTimesOfDay, nextOccurrence } from '../../../core/was/schedule.js'
import { jittered } from '../../../core/was/stagger.js'
import { Hosted } from './hosted.js'

process.env.TZ = 'Europe/Berlin'

const at = (text: string): number => new Date(text).getTime()
const next = (times: string[], after: string): string =>
  new Date(nextOccurrence(times, at(after)) ?? 0).toISOString()

t.test('the next of several times, today or tomorrow', async (test) => {
  test.equal(next(['20:00', '04:30'], '2026-01-10T03:00:00Z'), '2026-01-10T03:30:00.000Z')
  test.equal(
    next(['20:00', '04:30'], '2026-01-10T03:30:00Z'),
    '2026-01-10T19:00:00.000Z',
    'never the same twice',
  )
  test.equal(next(['20:00:00', '4:30'], '2026-01-10T19:00:01Z'), '2026-01-11T03:30:00.000Z')
  test.equal(next(['00:00'], '2026-12-31T12:00:00Z'), '2026-12-31T23:00:00.000Z')
  test.equal(nextOccurrence([], 0), undefined)
})

t.test('when an hour is left out, a time within it comes an hour later, once', async (test) => {
  test.equal(next(['02:30'], '2026-03-29T00:00:00Z'), '2026-03-29T01:30:00.000Z', '03:30 summer time')
  test.equal(next(['02:30'], '2026-03-29T01:30:00Z'), '2026-03-30T00:30:00.000Z')
  test.equal(next(['12:00'], '2026-03-28T11:00:00Z'), '2026-03-29T10:00:00.000Z', '23 hours later')
})

t.test('when there is an hour twice, a time within it counts at its first', async (test) => {
  test.equal(next(['02:30'], '2026-10-24T22:00:00Z'), '2026-10-25T00:30:00.000Z')
  test.equal(next(['02:30'], '2026-10-25T00:30:00Z'), '2026-10-26T01:30:00.000Z')
  test.equal(next(['12:00'], '2026-10-24T10:00:00Z'), '2026-10-25T11:00:00.000Z', '25 hours later')
})

t.test('each comes once a day, with its jitter, until it is cancelled', async (test) => {
  const clock = new ManualClock(at('2026-03-27T12:00:00Z'))
  const came: string[] = []
  const cancel = atTimesOfDay({
    clock,
    times: ['02:30', '12:00'],
    jitter: 600_000,
    random: () => 0.5,
    onTime: (meant) => came.push(`${new Date(meant).toISOString()} ${clock.now() - meant}`),
  })
  clock.advance(3 * 24 * 3_600_000)
  cancel()
  clock.advance(3 * 24 * 3_600_000)
  test.same(came, [
    '2026-03-28T01:30:00.000Z 300000',
    '2026-03-28T11:00:00.000Z 300000',
    '2026-03-29T01:30:00.000Z 300000',
    '2026-03-29T10:00:00.000Z 300000',
    '2026-03-30T00:30:00.000Z 300000',
    '2026-03-30T10:00:00.000Z 300000',
  ])
})

t.test('at a scheduled time all workers of a garden are replaced, and event 5076 tells', async (test) => {
  const hosted = new Hosted([
    {
      name: 'a',
      processModel: { maxProcesses: 2, idleTimeout: '0s', pingingEnabled: false },
      recycling: { periodicRestart: { schedule: ['06:00'], time: '0s' } },
    },
    { name: 'b', recycling: { periodicRestart: { schedule: ['06:00'] } } },
  ])
  for (let worker = 0; worker < 2; worker++) {
    hosted.ask('a')
    hosted.worker.ready()
  }
  hosted.clock.advance(at('1970-01-01T05:00:00Z') - hosted.clock.now())
  test.same(hosted.ids, [5076, 5076])
  test.equal(hosted.started.length, 4)
  const entry = hosted.pool('a').history.entries.find(({ event }) => event === 5076)
  test.match(entry, { what: 'recycling', evidence: { reason: 'Schedule', scheduled: /T05:00/ } })
  const stopped = hosted.pool('a').stop()
  for (const worker of hosted.started) worker.end({ kind: 'stopped' })
  await stopped
  hosted.clock.advance(48 * 3_600_000)
  test.equal(hosted.started.length, 4, 'a stopped pool has no schedule')
})

t.test('jitter puts limits of time off, and none stays none', async (test) => {
  test.equal(
    jittered(1000, 500, () => 0),
    1000,
  )
  test.equal(
    jittered(1000, 500, () => 0.99),
    1495,
  )
  test.equal(
    jittered(0, 500, () => 0.99),
    0,
  )
  const hosted = new Hosted([
    {
      name: 'a',
      processModel: { idleTimeout: '0s', pingingEnabled: false },
      recycling: { periodicRestart: { time: '1h', jitter: '30m' } },
    },
  ])
  hosted.random = 0.5
  hosted.ask('a')
  hosted.worker.ready()
  hosted.clock.advance(4_500_000 - 1)
  test.same(hosted.ids, [])
  hosted.clock.advance(1)
  test.same(hosted.ids, [5074])
})
