/** Stale responses are validated with the application: what is asked, and what each answer leads to. */
import t from 'tap'
import { DATE, Driver, page, response } from './drive.js'

const MODIFIED = 'Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT'
const VALIDATORS = ['ETag: "v1"', MODIFIED, 'X-A: 1']
const notModified = (...lines: string[]) => response(lines, '', '304 Not Modified')

/** A driver with a response that has become stale. */
const stale = (cacheControl = 'max-age=5', lines = VALIDATORS, caching = {}) => {
  const driver = new Driver({}, caching)
  driver.store(page(cacheControl, 'hello', lines))
  driver.clock.advance(10_000)
  return driver
}

/** Runs the first half for a request, and tells its headers as the worker would see them. */
const forwarded = (driver: Driver, headers: string[] = []) => {
  const ctx = driver.request({ headers })
  const outcome = driver.stage.run(ctx)
  const sent: Record<string, string> = {}
  for (let at = 0; at < ctx.rawHeaders.length; at += 2)
    sent[(ctx.rawHeaders[at] ?? '').toLowerCase()] = ctx.rawHeaders[at + 1] ?? ''
  return { ctx, outcome, sent }
}

t.test('the validators of the stored response go in place of the client’s (4.3.1)', (t) => {
  const { outcome, sent, ctx } = forwarded(stale(), ['If-None-Match', '"mine"', 'Range', 'bytes=0-1'])
  t.equal(outcome, 'CONTINUE')
  t.match(sent, {
    host: 'a.example',
    'if-none-match': '"v1"',
    'if-modified-since': 'Sat, 05 Nov 1994 08:49:37 GMT',
    range: 'bytes=0-1',
  })
  t.equal(ctx.repeatsHeaders, false)
  t.same(
    forwarded(stale('max-age=5', [])).sent,
    { host: 'a.example' },
    'where there is none, nothing is asked',
  )
  t.equal(
    forwarded(new Driver(), ['If-None-Match', '"mine"']).sent['if-none-match'],
    '"mine"',
    'nothing stored',
  )
  t.end()
})

t.test('304 makes it fresh again, and the client gets what it has asked for (4.3.4)', (t) => {
  const rows: readonly [headers: string[], status: number, body: string][] = [
    [[], 200, 'hello'],
    [['If-None-Match', '"v1"'], 304, ''],
    [['If-None-Match', '"v0"'], 200, 'hello'],
    [['Range', 'bytes=1-2'], 206, 'el'],
    [['Cache-Control', 'no-cache'], 200, 'hello'],
  ]
  for (const [headers, status, body] of rows) {
    const driver = stale()
    const answered = driver.fetch(notModified('Cache-Control: max-age=60', 'X-A: 2', 'X-B: 3'), { headers })
    t.equal(answered.status, status)
    t.equal(answered.body, body)
    t.equal(answered.ctx.response.fromCache, true)
    t.match(answered.fields, { 'x-a': '2', 'x-b': '3', etag: '"v1"', age: '0' })
    const { outcome, fields } = driver.ask()
    t.equal(outcome, 'FINISH')
    t.match(fields, { 'x-a': '2', 'cache-control': 'max-age=60', 'content-length': '5' })
    t.same(answered.ctx.rawHeaders.slice(2), headers, 'and its own headers are in the log')
  }
  t.end()
})

t.test('what a 304 says of a body is not about the stored one (3.2)', (t) => {
  const driver = stale()
  const { fields } = driver.fetch(
    notModified('Content-Length: 99', 'Content-Encoding: gzip', 'Cache-Control: max-age=60'),
  )
  t.equal(fields['content-length'], '5')
  t.equal(fields['content-encoding'], undefined)
  t.end()
})

t.test('a 304 that forbids to keep it answers this request, and is the end of it', (t) => {
  const driver = stale()
  const { status, body } = driver.fetch(notModified('Cache-Control: no-store'))
  t.equal(status, 200)
  t.equal(body, 'hello')
  t.same(forwarded(driver).sent, { host: 'a.example' })
  t.end()
})

t.test('another response takes its place, or none (4.3.3)', (t) => {
  const driver = stale()
  const { ctx, outcome } = driver.fetch(page('max-age=60', 'new', ['ETag: "v2"']))
  t.equal(outcome, 'CONTINUE')
  t.equal(ctx.response.fromCache, false)
  t.equal(driver.ask().body, 'new')
  driver.clock.advance(70_000)
  driver.fetch(page('no-store', 'newer'))
  t.same(forwarded(driver).sent, { host: 'a.example' }, 'the old one is gone')
  t.end()
})

t.test('no-cache is kept, and asked about each time (5.2.2.4)', (t) => {
  const driver = new Driver()
  driver.store(page('no-cache, max-age=60', 'hello', ['ETag: "v1"']))
  for (const round of [1, 2]) {
    driver.clock.advance(10)
    const { outcome, ctx, sent } = forwarded(driver)
    t.equal(outcome, 'CONTINUE', `round ${round}`)
    t.equal(sent['if-none-match'], '"v1"')
    driver.store(notModified(), {}, ctx)
    t.equal(driver.seen(ctx).body, 'hello')
  }
  t.end()
})

t.test('fields that no-cache and private name are not kept (5.2.2.4, 5.2.2.7)', (t) => {
  const driver = new Driver()
  driver.store(
    page('max-age=60, private="x-a", no-cache="X-B, x-c"', 'hello', ['X-A: 1', 'X-B: 2', 'X-D: 4']),
  )
  const { fields, outcome } = driver.ask()
  t.equal(outcome, 'FINISH')
  t.same([fields['x-a'], fields['x-b'], fields['x-d']], [undefined, undefined, '4'])
  t.end()
})

t.test('HEAD that tells the same makes the stored response fresh; another one ends it (4.3.5)', (t) => {
  const head = (...lines: string[]) => {
    const driver = stale()
    driver.store(response(['Cache-Control: max-age=60', 'X-A: 2', ...lines]), { method: 'HEAD' })
    return driver
  }
  const same = head('ETag: "v1"', 'Content-Length: 5').ask()
  t.equal(same.outcome, 'FINISH')
  t.equal(same.fields['x-a'], '2')
  for (const other of ['ETag: "v2"', 'Content-Length: 6', 'Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT'])
    t.same(forwarded(head(other)).sent, { host: 'a.example' }, other)
  const driver = stale()
  driver.store(response(['Cache-Control: max-age=60'], '', '404 Not Found'), { method: 'HEAD' })
  t.equal(forwarded(driver).sent['if-none-match'], '"v1"', 'an error tells nothing')
  t.end()
})

t.test('an error is answered with the stale response, where that is allowed (RFC 5861)', (t) => {
  const error = (status: string, cacheControl = 'max-age=5') =>
    stale(cacheControl).fetch(response([], 'broken', status)).ctx.response.fromCache
  t.equal(error('503 X'), false, 'it says so itself')
  t.equal(error('502 X'), true, 'a gateway that has not reached it')
  t.equal(error('504 X', 'max-age=5, must-revalidate'), false)
  for (const status of [500, 502, 503, 504])
    t.equal(error(`${status} X`, 'max-age=5, stale-if-error=60'), true)
  t.equal(error('503 X', 'max-age=5, stale-if-error=2'), false, 'too old')
  t.equal(error('404 X', 'max-age=5, stale-if-error=60'), false, 'no error')
  const off = stale('max-age=5', VALIDATORS, { staleIfError: 0 })
  t.equal(off.fetch(response([], '', '502 X')).ctx.response.fromCache, false, 'switched off')
  t.end()
})

t.test('a worker that is lost is answered for, too', (t) => {
  const rescue = (
    code: 'WORKER_LOST' | 'POOL_DISABLED' | 'QUEUE_FULL' | 'NOT_FOUND',
    cacheControl = 'max-age=5',
  ) => {
    const { ctx } = forwarded(stale(cacheControl))
    return ctx.follower?.rescue(ctx, code)
  }
  t.equal(rescue('WORKER_LOST'), true)
  t.equal(rescue('QUEUE_FULL'), false)
  t.equal(rescue('QUEUE_FULL', 'max-age=5, stale-if-error=60'), true)
  t.equal(rescue('POOL_DISABLED', 'max-age=5, stale-if-error=60'), false, 'somebody meant it')
  t.equal(rescue('NOT_FOUND', 'max-age=5, stale-if-error=60'), false)
  t.equal(rescue('WORKER_LOST', 'max-age=5, must-revalidate'), false)
  t.end()
})

t.test('stale-while-revalidate: answered at once, one request behind the client’s back', (t) => {
  const driver = stale('max-age=5, stale-while-revalidate=60')
  const headers = ['Cookie', 'a=b', 'If-None-Match', '"v1"', 'Range', 'bytes=0-1', 'Pragma', 'x']
  t.equal(driver.ask({ headers }).status, 304)
  for (let round = 0; round < 5; round++) t.equal(driver.ask().body, 'hello')
  t.equal(driver.own.length, 1)
  const [own] = driver.own
  if (!own) throw new Error('nothing was asked')
  t.same(own.rawHeaders, [
    'Host',
    'a.example',
    'Cookie',
    'a=b',
    'If-None-Match',
    '"v1"',
    'If-Modified-Since',
    'Sat, 05 Nov 1994 08:49:37 GMT',
  ])
  driver.store(page('max-age=60', 'new'), {}, own)
  own.follower?.done(own)
  t.equal(driver.ask().body, 'new')
  t.equal(driver.own.length, 1)
  t.end()
})

t.test('a request behind the client’s back that fails may be made again, until the time is over', (t) => {
  const driver = stale('max-age=5, stale-while-revalidate=60')
  driver.ask()
  const [first] = driver.own
  first?.follower?.done(first)
  t.equal(driver.ask().outcome, 'FINISH')
  t.equal(driver.own.length, 2)
  driver.clock.advance(55_000)
  t.equal(driver.ask().outcome, 'CONTINUE')
  t.end()
})

t.test('the front door does nothing for a request that is no hit', (t) => {
  const driver = stale()
  const ctx = driver.request()
  const { rawHeaders } = ctx
  t.equal(driver.stage.peek(ctx), 'CONTINUE')
  t.equal(ctx.rawHeaders, rawHeaders)
  t.equal(ctx.follower, null)
  driver.store(response(['Cache-Control: max-age=60', DATE, 'Age: 1'], 'new'))
  t.equal(driver.stage.peek(driver.request()), 'FINISH')
  t.end()
})
