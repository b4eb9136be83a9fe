/** A worker all of whose requests are stuck is unhealthy: seen at a ping, and it is replaced. */
import t from 'tap'
import { ToListener } from '../../../core/contract/messages.js'
import { Hosted } from './hosted.js'

const pong = [ToListener.PONG, 1_000_000, 0.01, null]

const running = (processModel: object) => {
  const hosted = new Hosted([
    {
      name: 'a',
      concurrentRequests: 2,
      processModel: { pingInterval: '10s', pingResponseTime: '20s', idleTimeout: '0s', ...processModel },
    },
  ])
  const taken = [hosted.ask('a', '/1'), hosted.ask('a', '/2')]
  const { worker } = hosted
  worker.ready()
  /** Ten seconds, with a ping that is answered. */
  const ping = (): void => {
    hosted.clock.advance(10_000)
    worker.say([...pong])
  }
  return { hosted, taken, worker, ping }
}

t.test('with all credits out and others waiting, no end for the whole interval recycles it', async (t) => {
  const { hosted, ping } = running({ responseDeadlockInterval: '30s' })
  const waiting = hosted.ask('a', '/3')
  for (let i = 0; i < 4; i++) ping()
  t.equal(hosted.started.length, 2)
  const told = hosted.events.find(({ id }) => id === 5078)
  t.match(told?.facts, {
    reported:
      'all of its 2 requests are stuck: none has ended for 30 s (responseDeadlockInterval), and 1 wait',
  })
  hosted.worker.ready()
  hosted.worker.answer(waiting)
  t.equal(waiting.response.status, 200, 'who waits goes to the new one')
})

t.test('who finishes something, has a place left or nobody waiting, is well', async (t) => {
  const alone = running({ responseDeadlockInterval: '30s' })
  for (let i = 0; i < 10; i++) alone.ping()
  t.equal(alone.hosted.started.length, 1, 'nobody waits')
  const working = running({ responseDeadlockInterval: '30s' })
  const others = [working.hosted.ask('a', '/3'), working.hosted.ask('a', '/4'), working.hosted.ask('a', '/5')]
  for (const ctx of [...working.taken, ...others]) {
    working.ping()
    working.ping()
    working.worker.answer(ctx)
  }
  t.equal(working.hosted.started.length, 1, 'one ends now and then')
})

t.test('it is off by default', async (t) => {
  const { hosted, ping } = running({})
  hosted.ask('a', '/3')
  for (let i = 0; i < 100; i++) ping()
  t.equal(hosted.started.length, 1)
})
