/** Requests for one missing response wait for the first of them. */
import t from 'tap'
import { ResponseParts } from '../../../core/handover/response-parts.js'
import { Driver, page, response, type Asked } from './drive.js'

/** So many requests; the first has gone to the worker. */
const crowd = (driver: Driver, count: number, asked: Asked = {}) =>
  Array.from({ length: count }, () => {
    const ctx = driver.request(asked)
    return { ctx, outcome: driver.stage.run(ctx) }
  })
const outcomes = (crowd: readonly { outcome: string }[]) => crowd.map(({ outcome }) => outcome)

t.test('one goes to the worker, and its response is everybody’s', (t) => {
  const driver = new Driver()
  const all = crowd(driver, 1000)
  t.same([...new Set(outcomes(all.slice(1)))], ['PENDING'])
  t.equal(all[0]?.outcome, 'CONTINUE')
  driver.store(page('max-age=60'), {}, all[0]?.ctx)
  t.equal(driver.resumed.length, 999)
  for (const [ctx, outcome] of driver.resumed) {
    if (outcome !== 'FINISH' || driver.seen(ctx).body !== 'hello') t.fail('not answered')
    t.equal(ctx.follower, null)
  }
  t.end()
})

t.test('what must not be kept lets all of them go, and nobody waits for its URL for a while', (t) => {
  const driver = new Driver()
  const [first, ...others] = crowd(driver, 5)
  driver.store(page('private', 'mine'), {}, first?.ctx)
  t.same(
    driver.resumed.map(([, outcome]) => outcome),
    others.map(() => 'CONTINUE'),
  )
  t.same(outcomes(crowd(driver, 3)), ['CONTINUE', 'CONTINUE', 'CONTINUE'])
  driver.clock.advance(60_000)
  t.same(outcomes(crowd(driver, 2)), ['CONTINUE', 'PENDING'])
  t.end()
})

t.test('the first one’s head is enough to know that', (t) => {
  const driver = new Driver()
  const [first] = crowd(driver, 2)
  if (!first) throw new Error('no crowd')
  const none = () => undefined
  first.ctx.response.stream = new ResponseParts({ acknowledge: none, abort: none, tapFailed: none }, 1)
  driver.store(response(['Content-Type: text/event-stream']), {}, first.ctx)
  t.equal(driver.resumed.length, 1)
  t.end()
})

t.test('when the first fails the next one leads', (t) => {
  const driver = new Driver()
  const [first, second, third] = crowd(driver, 3)
  if (!first || !second || !third) throw new Error('no crowd')
  first.ctx.follower?.done(first.ctx)
  t.same(driver.resumed, [[second.ctx, 'CONTINUE']])
  driver.store(page('max-age=60'), {}, second.ctx)
  t.same(driver.resumed[1], [third.ctx, 'FINISH'])
  t.end()
})

t.test('a response that breaks off is a failure; one that has been kept is none', (t) => {
  const driver = new Driver()
  const [first, second] = crowd(driver, 2)
  if (!first || !second) throw new Error('no crowd')
  const none = () => undefined
  const parts = new ResponseParts({ acknowledge: none, abort: none, tapFailed: none }, 1)
  first.ctx.response.stream = parts
  driver.store(page('max-age=60', '').replace('Content-Length: 0', 'Content-Length: 9'), {}, first.ctx)
  parts.push('hell')
  t.equal(driver.resumed.length, 0)
  parts.cancel()
  first.ctx.follower?.done(first.ctx)
  t.same(driver.resumed, [[second.ctx, 'CONTINUE']])
  t.end()
})

t.test('who goes away hurts nobody', (t) => {
  const driver = new Driver()
  const [first, second, third] = crowd(driver, 3)
  if (!first || !second || !third) throw new Error('no crowd')
  driver.stage.cancel(second.ctx)
  driver.store(page('max-age=60'), {}, first.ctx)
  t.same(driver.resumed, [[third.ctx, 'FINISH']])
  t.end()
})

t.test('variants are fetched beside each other, once it is known that there are some', (t) => {
  const driver = new Driver()
  const asking = (coding: string) => ({ headers: ['Accept-Encoding', coding] })
  const [first] = [...crowd(driver, 2, asking('br')), ...crowd(driver, 3, asking('gzip'))]
  driver.store(page('max-age=60', 'br', ['Vary: Accept-Encoding']), asking('br'), first?.ctx)
  t.same(
    driver.resumed.map(([, outcome]) => outcome),
    ['FINISH', 'CONTINUE'],
    'the second `gzip` waits for the first',
  )
  driver.store(page('max-age=60', 'gz', ['Vary: Accept-Encoding']), asking('gzip'), driver.resumed[1]?.[0])
  t.same(
    driver.resumed.slice(2).map(([ctx, outcome]) => [outcome, driver.seen(ctx).body]),
    [
      ['FINISH', 'gz'],
      ['FINISH', 'gz'],
    ],
  )
  t.end()
})

t.test('a stale response is validated once for all', (t) => {
  const driver = new Driver()
  driver.store(page('max-age=5', 'hello', ['ETag: "v1"']))
  driver.clock.advance(10_000)
  const [first, ...others] = crowd(driver, 4)
  t.same(outcomes(others), ['PENDING', 'PENDING', 'PENDING'])
  driver.store(response(['Cache-Control: max-age=60'], '', '304 Not Modified'), {}, first?.ctx)
  t.same(
    driver.resumed.map(([ctx, outcome]) => [outcome, driver.seen(ctx).body]),
    others.map(() => ['FINISH', 'hello']),
  )
  t.end()
})

t.test('an error is answered with the stale response for all', (t) => {
  const driver = new Driver()
  driver.store(page('max-age=5, stale-if-error=60', 'hello'))
  driver.clock.advance(10_000)
  const [first] = crowd(driver, 4)
  driver.store(response([], '', '503 X'), {}, first?.ctx)
  t.same(
    driver.resumed.map(([, outcome]) => outcome),
    ['FINISH', 'FINISH', 'FINISH'],
  )
  t.end()
})

t.test('what is asked about each time is for one request only', (t) => {
  const driver = new Driver()
  const [first, second] = crowd(driver, 2)
  driver.store(page('no-cache', 'hello', ['ETag: "v1"']), {}, first?.ctx)
  t.same(driver.resumed, [[second?.ctx, 'CONTINUE']])
  t.same(outcomes(crowd(driver, 2)), ['CONTINUE', 'CONTINUE'])
  t.end()
})

t.test('nobody waits longer than the limit', (t) => {
  const driver = new Driver({}, { coalesceTimeLimit: '00:00:02' })
  const [first] = crowd(driver, 3)
  driver.clock.advance(1999)
  t.equal(driver.resumed.length, 0)
  driver.clock.advance(1)
  t.same(
    driver.resumed.map(([, outcome]) => outcome),
    ['CONTINUE', 'CONTINUE'],
  )
  driver.store(page('max-age=60'), {}, first?.ctx)
  t.equal(driver.ask().outcome, 'FINISH', 'what comes late is kept all the same')
  t.end()
})

t.test('who cannot be served by another’s response does not wait', (t) => {
  for (const headers of [
    ['Authorization', 'Basic eA=='],
    ['Cookie', 'a=b'],
    ['Accept', 'text/event-stream'],
    ['Cache-Control', 'no-cache'],
    ['Cache-Control', 'no-store'],
    ['If-Match', '*'],
  ]) {
    const driver = new Driver()
    crowd(driver, 1)
    t.equal(driver.ask({ headers }).outcome, 'CONTINUE', headers.join(': '))
  }
  const off = new Driver({}, { coalesceTimeLimit: '00:00:00' })
  t.same(outcomes(crowd(off, 2)), ['CONTINUE', 'CONTINUE'], 'switched off')
  const known = new Driver()
  known.store(page('max-age=5', 'hello', ['ETag: "v1"']))
  known.clock.advance(9000)
  const cookie = { headers: ['Cookie', 'a=b'] }
  t.same(outcomes(crowd(known, 2, cookie)), ['CONTINUE', 'PENDING'], 'unless it is known to be for all')
  t.end()
})

t.test('a range or a condition waits for the whole, but does not fetch it', (t) => {
  const driver = new Driver()
  const range = { headers: ['Range', 'bytes=0-1'] }
  t.same(outcomes(crowd(driver, 2, range)), ['CONTINUE', 'CONTINUE'])
  const [first] = crowd(driver, 1)
  const [waits] = crowd(driver, 1, range)
  t.equal(waits?.outcome, 'PENDING')
  driver.store(page('max-age=60'), {}, first?.ctx)
  t.equal(driver.resumed[0]?.[0].response.status, 206)
  t.end()
})

t.test('what is wrong with the pool is told to all; who waits has a place in its queue', (t) => {
  const driver = new Driver()
  const queue = driver.application.queue as unknown as { outside: number; hasRoom: boolean }
  const [first, second] = crowd(driver, 3)
  t.equal(queue.outside, 2)
  if (!first || !second) throw new Error('no crowd')
  driver.stage.cancel(second.ctx)
  t.equal(queue.outside, 1)
  t.equal(first.ctx.follower?.rescue(first.ctx, 'UNAVAILABLE'), false)
  t.same(
    driver.resumed.map(([, outcome]) => outcome),
    ['UNAVAILABLE'],
  )
  t.equal(queue.outside, 0)
  first.ctx.follower?.done(first.ctx)
  queue.hasRoom = false
  t.same(outcomes(crowd(driver, 2)), ['CONTINUE', 'CONTINUE'], 'a full queue is for the queue to tell')
  t.end()
})

t.test('the time in the queue does not count', (t) => {
  const driver = new Driver()
  const [first] = crowd(driver, 2)
  if (!first) throw new Error('no crowd')
  first.ctx.state = 'queue'
  driver.clock.advance(60_000)
  t.equal(driver.resumed.length, 0)
  first.ctx.state = 'dispatch'
  driver.clock.advance(2000)
  t.equal(driver.resumed.length, 1)
  t.end()
})
