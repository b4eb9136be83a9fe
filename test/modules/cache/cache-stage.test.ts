/** The stage as the pipeline drives it: `run` before the worker, `store` after. */
import t from 'tap'
import { ResponseParts } from '../../../core/handover/response-parts.js'
import cache, { CacheStage } from '../../../modules/cache/cache-stage.js'
import { ManualClock } from '../../../core/clock.js'
import { build } from '../../../core/config/build.js'
import type { ModuleScope } from '../../../core/index.js'
import { Namespace } from '../../../core/namespace/namespace.js'
import { DATE, Driver, hits, makeApplication, page, response } from './drive.js'

t.test('answers the second request like the first, without a worker', (t) => {
  const driver = new Driver()
  t.equal(driver.ask().outcome, 'CONTINUE')
  driver.store(page('max-age=60', 'h\xe9llo', ['Content-Type: text/plain', 'X-A: 1']))
  driver.clock.advance(7000)
  const { outcome, status, fields, body, ctx } = driver.ask()
  t.equal(outcome, 'FINISH')
  t.equal(status, 200)
  t.equal(body, 'h\xe9llo')
  t.same(fields, {
    'cache-control': 'max-age=60',
    'content-type': 'text/plain',
    'x-a': '1',
    date: DATE.slice('Date: '.length),
    'content-length': '5',
    age: '7',
    connection: 'keep-alive',
  })
  t.equal(ctx.response.fromCache, true)
  t.equal(ctx.response.close, false)
  t.equal(ctx.application, driver.application, 'for the log')
  t.equal(ctx.site, driver.application.site)
  t.equal(ctx.queue, driver.application.queue)
  t.end()
})

t.test('a hit closes the connection where the client wishes it', (t) => {
  const driver = new Driver()
  driver.store(page('max-age=60'))
  const { fields, ctx } = driver.ask({ keepAlive: false })
  t.equal(fields.connection, 'close')
  t.equal(ctx.response.close, true)
  t.end()
})

t.test('is fresh as long as the response says, and no longer', (t) => {
  t.ok(hits(page('max-age=60'), {}, {}, 59_999))
  t.notOk(hits(page('max-age=60'), {}, {}, 60_000))
  t.ok(hits(page('s-maxage=90, max-age=1'), {}, {}, 89_999))
  t.ok(hits(page('public', 'hello', ['Expires: Sun, 06 Nov 1994 08:50:37 GMT']), {}, {}, 59_999))
  t.notOk(hits(page('public', 'hello', ['Expires: Sun, 06 Nov 1994 08:50:37 GMT']), {}, {}, 60_000))
  t.notOk(hits(page('max-age=60', 'hello', ['Age: 50']), {}, {}, 10_000))
  t.notOk(hits(page('public')), 'no explicit freshness')
  t.notOk(hits(response([DATE, 'Content-Length: 5'], 'hello')), 'nothing said at all')
  t.end()
})

t.test('a stale response is replaced by the next', (t) => {
  const driver = new Driver()
  driver.store(page('max-age=1', 'old'))
  driver.clock.advance(5000)
  t.equal(driver.ask().outcome, 'CONTINUE')
  driver.store(response(['Cache-Control: max-age=5', 'Content-Length: 3'], 'new'))
  t.equal(driver.ask().body, 'new')
  t.end()
})

t.test('a stale response is served to who accepts that, unless it forbids it', (t) => {
  const lenient = { headers: ['Cache-Control', 'max-stale=10'] }
  t.ok(hits(page('max-age=1'), {}, lenient, 9000))
  t.notOk(hits(page('max-age=1'), {}, lenient, 12_000))
  t.notOk(hits(page('max-age=1, must-revalidate'), {}, lenient, 9000))
  t.notOk(hits(page('max-age=1, proxy-revalidate'), {}, lenient, 9000))
  t.notOk(hits(page('s-maxage=1'), {}, lenient, 9000))
  t.end()
})

t.test('stores only what may be stored', (t) => {
  t.ok(hits(page('max-age=60')))
  for (const not of ['no-store', 'private', 'no-cache']) t.notOk(hits(page(`max-age=60, ${not}`)), not)
  t.notOk(hits(page('max-age=60', 'hello', ['Set-Cookie: a=b'])), 'Set-Cookie')
  t.notOk(hits(page('max-age=60', 'hello', ['Vary: *'])), 'Vary: *')
  t.ok(hits(page('max-age=60', 'hello', [], '500 X')), '500 that says so')
  t.notOk(hits(page('max-age=60', 'hello', [], '401 X')), '401')
  t.notOk(hits(page('max-age=60', 'hello', ['Content-Range: bytes 0-4/9'], '206 Partial Content')), '206')
  t.ok(hits(page('max-age=60', 'hello', [], '404 Not Found')), '404')
  t.notOk(hits(page('max-age=60'), { method: 'POST' }, {}), 'POST')
  t.notOk(hits(page('max-age=60'), { method: 'HEAD' }, {}), 'HEAD')
  t.notOk(hits(page('max-age=60'), { body: true }, {}), 'GET with a body')
  t.notOk(hits(page('max-age=60'), {}, { body: true }), 'nor does it answer one')
  t.notOk(hits(page('max-age=60'), { headers: ['Cache-Control', 'no-store'] }, {}), 'the request forbids it')
  const credentials = { headers: ['Authorization', 'Basic eA=='] }
  t.notOk(hits(page('max-age=60'), credentials), 'Authorization')
  t.ok(hits(page('max-age=60, public'), credentials), 'Authorization and public')
  t.notOk(
    hits(page('max-age=60'), { application: makeApplication({ enabled: false }) }),
    'the application wants no cache',
  )
  t.end()
})

t.test('does not store what a stage has answered', (t) => {
  const driver = new Driver()
  const ctx = driver.request()
  driver.routed(ctx, driver.application)
  ctx.respond(200, ['Cache-Control', 'max-age=60'], 'hello')
  driver.stage.store(ctx)
  t.equal(driver.ask().outcome, 'CONTINUE')
  t.end()
})

t.test('what the request wishes is heeded', (t) => {
  for (const [name, value] of [
    ['Cache-Control', 'no-cache'],
    ['Cache-Control', 'max-age=4'],
    ['Cache-Control', 'max-age=0'],
    ['Cache-Control', 'min-fresh=56'],
    ['Pragma', 'no-cache'],
    ['If-Match', '*'],
    ['If-Unmodified-Since', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['Upgrade', 'websocket'],
  ] as const) {
    t.notOk(hits(page('max-age=60'), {}, { headers: [name, value] }, 5000), `${name}: ${value}`)
  }
  for (const value of ['max-age=5', 'min-fresh=55', 'no-store', 'no-transform']) {
    t.ok(hits(page('max-age=60'), {}, { headers: ['Cache-Control', value] }, 5000), value)
  }
  t.end()
})

t.test('only-if-cached is answered from the cache or 504', (t) => {
  const driver = new Driver()
  const only = { headers: ['Cache-Control', 'only-if-cached'] }
  const { outcome, status, ctx } = driver.ask(only)
  t.equal(outcome, 'FINISH')
  t.equal(status, 504)
  t.equal(ctx.response.fromCache, false)
  driver.store(page('max-age=60'))
  t.equal(driver.ask(only).status, 200)
  t.equal(driver.ask({ ...only, method: 'POST' }).outcome, 'CONTINUE')
  t.end()
})

t.test('nothing that tells two sites apart is left out of the key', (t) => {
  t.notOk(hits(page('max-age=60'), {}, { host: 'b.example' }), 'host')
  t.notOk(hits(page('max-age=60'), {}, { port: 81 }), 'port')
  t.notOk(hits(page('max-age=60'), {}, { address: '127.0.0.2' }), 'address')
  t.notOk(hits(page('max-age=60'), { url: '/a?b' }, { url: '/a?c' }), 'query')
  t.notOk(hits(page('max-age=60'), { url: '/a' }, { url: '/A' }), 'path')
  t.notOk(
    hits(page('max-age=60'), { port: 8, address: '0.0.0.0' }, { port: 80, address: '.0.0.0' }),
    'their border',
  )
  t.end()
})

t.test('several variants live beside each other', (t) => {
  const driver = new Driver()
  const accepting = (coding: string) => ({ headers: ['Accept-Encoding', coding] })
  for (const coding of ['gzip', 'br'])
    driver.store(page('max-age=60', coding, ['Vary: Accept-Encoding']), accepting(coding))
  t.equal(driver.ask(accepting('gzip')).body, 'gzip')
  t.equal(driver.ask(accepting('br')).body, 'br')
  t.equal(driver.ask(accepting('deflate')).outcome, 'CONTINUE')
  t.equal(driver.ask().outcome, 'CONTINUE')
  t.end()
})

t.test('a request that changes something makes the cache forget what it changed', (t) => {
  const after = (method: string, answer: string, url = '/list', lines: string[] = []) => {
    const driver = new Driver()
    driver.store(page('max-age=60'), { url: '/list' })
    driver.clock.advance(10)
    driver.store(response(lines, '', answer), { method, url, address: '127.0.0.2' })
    return driver.ask({ url: '/list' }).outcome === 'FINISH' ? 'kept' : 'forgotten'
  }
  t.ok(hits(page('max-age=60'), { url: '/list' }, { url: '/list' }, 10), 'but for that it would be there')
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'MOVE'])
    t.equal(after(method, '204 X'), 'forgotten', method)
  for (const method of ['OPTIONS', 'TRACE', 'HEAD']) t.equal(after(method, '204 X'), 'kept', method)
  t.equal(after('POST', '303 See Other'), 'forgotten')
  t.equal(after('POST', '400 Bad'), 'kept')
  t.equal(after('POST', '500 Bad'), 'kept')
  t.equal(after('POST', '200 OK', '/other'), 'kept')
  t.equal(after('POST', '201 Created', '/other', ['Location: /list']), 'forgotten')
  t.equal(after('POST', '201 Created', '/a/b', ['Content-Location: ../list']), 'forgotten')
  t.equal(after('POST', '201 Created', '/other', ['location: http://A.example/list']), 'forgotten')
  t.equal(
    after('POST', '201 Created', '/other', ['Location: http://b.example/list']),
    'kept',
    'of another host',
  )
  t.equal(
    after('POST', '201 Created', '/other', ['Location: http://a.example:81/list']),
    'kept',
    'of another port',
  )
  t.equal(after('POST', '201 Created', '/other', ['Location: http://[']), 'kept', 'nonsense')
  t.end()
})

t.test('what was under way when its URL changed is not stored', (t) => {
  const driver = new Driver()
  const slow = driver.request()
  driver.clock.advance(10)
  driver.store(response([], '', '204 No Content'), { method: 'POST' })
  driver.clock.advance(10)
  driver.store(page('max-age=60', 'before'), {}, slow)
  t.equal(driver.ask().outcome, 'CONTINUE')
  driver.store(page('max-age=60', 'after'))
  t.equal(driver.ask().body, 'after')
  t.end()
})

const VALIDATORS = ['ETag: "v1"', 'Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT', 'Content-Type: text/plain']

t.test('a client that has it already gets 304', (t) => {
  const driver = new Driver()
  driver.store(page('max-age=60', 'hello', [...VALIDATORS, 'Vary: Accept', 'Content-Location: /here']))
  for (const headers of [
    ['If-None-Match', 'W/"v0", "v1"'],
    ['If-Modified-Since', 'Sat, 05 Nov 1994 08:49:37 GMT'],
  ]) {
    for (const method of ['GET', 'HEAD']) {
      const { status, fields, body, ctx } = driver.ask({ method, headers })
      t.equal(status, 304)
      t.equal(body, '')
      t.equal(ctx.response.fromCache, true)
      const names = [
        'age',
        'cache-control',
        'connection',
        'content-location',
        'date',
        'etag',
        'last-modified',
        'vary',
      ]
      t.same(Object.keys(fields).sort(), names)
    }
  }
  t.equal(driver.ask({ headers: ['If-None-Match', '"v2"'] }).status, 200)
  t.equal(
    driver.ask({ headers: ['If-None-Match', '"v1"', 'Range', 'bytes=0-1'] }).status,
    304,
    'goes before Range',
  )
  t.end()
})

t.test('only a 200 is compared or cut', (t) => {
  const driver = new Driver()
  driver.store(page('max-age=60', 'hello', VALIDATORS, '404 Not Found'))
  t.equal(driver.ask({ headers: ['If-None-Match', '"v1"'] }).status, 404)
  t.equal(driver.ask({ headers: ['Range', 'bytes=0-1'] }).status, 404)
  t.end()
})

t.test('HEAD gets the head of the stored GET', (t) => {
  const driver = new Driver()
  driver.store(page('max-age=60', 'hello'))
  const { outcome, status, fields, body } = driver.ask({ method: 'HEAD' })
  t.equal(outcome, 'FINISH')
  t.equal(status, 200)
  t.equal(fields['content-length'], '5')
  t.equal(body, '')
  t.end()
})

t.test('a range is cut from the whole', (t) => {
  const driver = new Driver()
  driver.store(page('max-age=60', 'hello, wide world', VALIDATORS))
  const range = (value: string, ...more: string[]) => driver.ask({ headers: ['Range', value, ...more] })
  const part = range('bytes=7-10')
  t.equal(part.status, 206)
  t.equal(part.body, 'wide')
  t.equal(part.fields['content-range'], 'bytes 7-10/17')
  t.equal(part.fields['content-length'], '4')
  t.equal(part.fields.etag, '"v1"')
  t.equal(range('bytes=-5').body, 'world')
  t.equal(range('bytes=0-1,3-4').status, 200)
  t.equal(range('bytes=0-1,3-4').body, 'hello, wide world')
  t.equal(range('bytes=0-4', 'If-Range', '"v1"').status, 206)
  t.equal(range('bytes=0-4', 'If-Range', '"v0"').status, 200)
  t.equal(driver.ask({ method: 'HEAD', headers: ['Range', 'bytes=0-4'] }).status, 200)
  const beyond = range('bytes=17-')
  t.equal(beyond.status, 416)
  t.same(beyond.fields, { 'content-range': 'bytes */17' })
  t.equal(beyond.ctx.response.fromCache, true)
  t.end()
})

t.test('nothing of the first connection goes to the second', (t) => {
  const driver = new Driver()
  const lines = [
    'Keep-Alive: timeout=5',
    'X-Hop: 1',
    'connection: x-hop',
    'Cache-Control: max-age=60',
    'Age: 3',
    DATE,
  ]
  driver.store(response([...lines, 'Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n'))
  const { fields, body } = driver.ask()
  t.equal(body, 'hello')
  t.same(Object.keys(fields).sort(), ['age', 'cache-control', 'connection', 'content-length', 'date'])
  t.equal(fields['content-length'], '5')
  t.equal(fields.connection, 'keep-alive')
  t.equal(fields.age, '3')
  t.end()
})

t.test('a response without Date gets the date at which it came', (t) => {
  const driver = new Driver()
  driver.store(response(['Cache-Control: max-age=60'], 'hello'))
  driver.clock.advance(5000)
  t.equal(`Date: ${driver.ask().fields.date ?? ''}`, DATE)
  t.end()
})

t.test('a response that comes as bytes is stored as well', (t) => {
  const driver = new Driver()
  driver.store(Buffer.from(page('max-age=60', '\x00\xff\xfe'), 'latin1'))
  t.equal(driver.ask().body, '\x00\xff\xfe')
  t.end()
})

const stream = (driver: Driver, first: string) => {
  const ctx = driver.request()
  const parts = new ResponseParts(
    { acknowledge: () => undefined, abort: () => undefined, tapFailed: () => undefined },
    1,
  )
  ctx.response.stream = parts
  driver.store(first, {}, ctx)
  return parts
}
const head = (...lines: string[]) => response(['Cache-Control: max-age=60', DATE, ...lines])

t.test('a response in several parts is stored when the last has come', (t) => {
  const driver = new Driver()
  const parts = stream(driver, head('Content-Length: 10') + 'he')
  parts.push('llo')
  parts.push(Buffer.from('world'))
  t.equal(driver.ask().outcome, 'CONTINUE')
  parts.end()
  t.equal(driver.ask().body, 'helloworld')
  const chunked = stream(driver, head('Transfer-Encoding: chunked'))
  chunked.push('5\r\nhe')
  chunked.push('llo\r\n0\r\n\r\n')
  chunked.end()
  t.equal(driver.ask().body, 'hello')
  t.end()
})

t.test('a response that is not complete is not stored', (t) => {
  const rows: readonly [name: string, head: string, part: string, end: 'end' | 'fail' | 'cancel'][] = [
    ['cut', head(), 'hello', 'fail'],
    ['given up', head(), 'hello', 'cancel'],
    ['too short', head('Content-Length: 9'), 'hello', 'end'],
    ['too long', head('Content-Length: 3'), 'hello', 'end'],
    ['no last chunk', head('Transfer-Encoding: chunked'), '5\r\nhello\r\n', 'end'],
  ]
  for (const [name, first, part, end] of rows) {
    const driver = new Driver()
    const parts = stream(driver, first)
    parts.push(part)
    parts[end]()
    t.equal(driver.ask().outcome, 'CONTINUE', name)
  }
  const driver = new Driver()
  stream(driver, head() + 'hello').end()
  t.equal(driver.ask().outcome, 'FINISH', 'the end of the connection is an end too')
  t.notOk(hits(`${head('Content-Length: 9')}hello`), 'in one piece')
  t.notOk(hits('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n'), 'not even a head')
  t.end()
})

t.test('a response larger than the largest is not stored', (t) => {
  const largest = page('max-age=60', 'x'.repeat(1000))
  const outcome = (maxResponseSize: number) => {
    const driver = new Driver({}, { maxResponseSize })
    driver.store(largest)
    return driver.ask().outcome
  }
  t.equal(outcome(largest.length), 'FINISH')
  t.equal(outcome(largest.length - 10), 'CONTINUE')
  t.equal(outcome(0), 'CONTINUE')
  const driver = new Driver({}, { maxResponseSize: 1000 })
  const parts = stream(driver, head())
  for (let sent = 0; sent < 20; sent++) parts.push('x'.repeat(100))
  parts.end()
  t.equal(driver.ask().outcome, 'CONTINUE')
  t.end()
})

t.test('the module makes a cache, or none', async (t) => {
  const closers: (() => void)[] = []
  const scope = (own: object) =>
    ({
      config: build({ sites: [], caching: own }, '/srv/applicationHost.json'),
      clock: new ManualClock(),
      namespace: new Namespace(),
      onClose: (close: () => void) => {
        closers.push(close)
      },
    }) as unknown as ModuleScope
  t.equal(cache.slot, 'cache')
  t.ok((await cache.setup(scope({ maxCacheSize: 1 }), {})) instanceof CacheStage)
  t.ok((await cache.setup(scope({ maxCacheSize: 0 }), {})) instanceof CacheStage, 'automatic')
  const none = await cache.setup(scope({ enabled: false }), {})
  t.equal(closers.length, 3)
  for (const close of closers) close()
  const asked = new Driver().request({ headers: ['Cache-Control', 'only-if-cached'] })
  t.equal(none.run(asked), 'CONTINUE', 'it has no say')
})

t.test('a change of what URLs lead to empties the cache; limits and logs of a site do not', (t) => {
  const driver = new Driver()
  const configure = (changes: object, more = {}): void => {
    const nothing = { addedPools: [], removedPools: [], changedPools: [] }
    const none = { ...nothing, addedSites: [], removedSites: [], changedSites: [], server: [] }
    const config = build({ sites: [], caching: more }, '/srv/applicationHost.json')
    driver.stage.configure(config, { ...none, ...changes })
  }
  const site = (key: string) => ({ keys: [{ key, effect: 'live' }], added: [], removed: [], changed: [] })
  const keeps = (): boolean => driver.ask().outcome === 'FINISH'
  const store = (): void => {
    driver.clock.advance(1)
    driver.store(page('max-age=600'))
  }
  store()
  configure({ changedSites: [site('logFile.directory'), site('limits.maxUrlSegments')] })
  t.ok(keeps())
  configure({ changedSites: [site('bindings')] })
  t.notOk(keeps())
  driver.store(page('max-age=600'))
  t.notOk(keeps(), 'what was asked for before the change is not kept')
  store()
  t.ok(keeps())
  configure({ server: [{ key: 'caching.enabled', effect: 'live' }] }, { enabled: false })
  store()
  t.notOk(keeps(), 'off')
  configure({ server: [{ key: 'caching.enabled', effect: 'live' }] })
  store()
  t.ok(keeps(), 'and on again')
  t.end()
})
