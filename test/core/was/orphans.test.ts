/** Orphans: workers that failed are cut off for a debugger, and WAS goes on without them. */
import t from 'tap'
import { orphanParameters } from '../../../core/was/orphans.js'
import { Hosted, turn } from './hosted.js'

const running = (failure: object = {}) => {
  const hosted = new Hosted([
    {
      name: 'a',
      failure: { orphanWorkerProcess: true, ...failure },
      processModel: { pingInterval: '10s', pingResponseTime: '20s' },
    },
  ])
  const taken = hosted.ask('a')
  return { hosted, taken, worker: hosted.worker, pool: hosted.pool('a') }
}

t.test('the parameters of the action in both spellings; what is put in is not divided', async (test) => {
  const orphan = { worker: 7, pool: 'My pool', pid: 42, inServer: true, reason: 'pingResponseTime', since: 0 }
  test.same(orphanParameters('-g -p %1%', orphan), ['-g', '-p', '42'])
  test.same(orphanParameters('%1 "%2: %3" %3% w%4 %5', orphan), [
    '42',
    'pingResponseTime: My pool',
    'My pool',
    'w7',
    '%5',
  ])
})

t.test('one that does not answer pings is cut off, and another takes its place at once', async (test) => {
  const { hosted, taken, worker, pool } = running()
  worker.ready()
  const waiting = Array.from({ length: 300 }, () => hosted.ask('a')).at(-1)
  hosted.clock.advance(30_000)
  test.same([worker.abandoned, worker.killed], [true, false])
  test.equal(taken.error, 'WORKER_LOST', 'as failure.inFlight says')
  test.same(hosted.ids, [5010])
  test.equal(hosted.started.length, 2)
  hosted.worker.ready()
  test.equal(waiting?.state, 'dispatch')
  test.match(hosted.service.orphans.all, [
    { worker: worker.id, pool: 'a', pid: process.pid, reason: 'pingResponseTime', inServer: true },
  ])
  test.match(
    pool.history.entries.map(({ what }) => what),
    ['started', 'started', 'ready', 'failed', 'started', 'orphaned', 'ready'],
  )
  worker.end({ kind: 'crashed' })
  test.same(hosted.service.orphans.all, [])
  test.match(hosted.events.at(-1)?.text, /Orphan 1 of pool "a" has ended. Orphans now: 0/)
})

t.test('one that passes a limit at its start or end is cut off too', async (test) => {
  const start = running()
  start.hosted.clock.advance(90_000)
  test.equal(start.worker.abandoned, true)
  test.same(start.hosted.ids, [5012, 5022])
  test.match(start.taken, { error: 'UNAVAILABLE' })
  const end = running()
  end.worker.ready()
  const stopped = end.pool.stop()
  end.hosted.clock.advance(90_000)
  await stopped
  test.equal(end.worker.abandoned, true)
  test.same(end.hosted.ids, [5013])
})

t.test('a crash leaves no orphan, and without orphanWorkerProcess nothing does', async (test) => {
  const crash = running()
  crash.worker.ready()
  crash.worker.end({ kind: 'crashed' })
  test.same(crash.hosted.service.orphans.all, [])
  const off = running({ orphanWorkerProcess: false })
  off.worker.ready()
  off.hosted.clock.advance(30_000)
  test.same([off.worker.abandoned, off.worker.killed], [false, true])
})

t.test('when the server stops, orphans that live in it are ended', async (test) => {
  const { hosted, worker } = running()
  worker.ready()
  hosted.clock.advance(30_000)
  const stopped = hosted.service.stop()
  await turn()
  test.equal(worker.killed, true)
  await stopped
  test.same(hosted.service.orphans.all, [])
})

t.test('orphans that are processes of their own outlive the server', async (test) => {
  const { hosted, worker } = running()
  worker.pid = 4242
  worker.ready()
  hosted.clock.advance(30_000)
  test.match(hosted.service.orphans.all, [{ pid: 4242, inServer: false }])
  await hosted.service.stop()
  test.equal(worker.killed, false)
  test.match(hosted.events.at(-1)?.text, /process 4242, outlives the server/)
})

t.test('an action that cannot be run is told', async (test) => {
  const { hosted, worker } = running({ orphanActionExe: '/nowhere/debugger', orphanActionParams: '%1%' })
  worker.ready()
  hosted.clock.advance(30_000)
  while (!hosted.events.some(({ text }) => text.includes('/nowhere/debugger could not be run'))) await turn()
  test.pass('it was told')
})
