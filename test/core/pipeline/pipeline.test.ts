/** The runner beyond the table: slots with several stages or none, the log, interruptions, and hits before the parser. */
import t from 'tap'
import { ManualClock } from '../../../core/clock.js'
import type { ResponseStream } from '../../../core/contract/response.js'
import type { Outcome, Stage } from '../../../core/contract/stage.js'
import { errorTable, RequestError, type ErrorCode } from '../../../core/errors.js'
import { Pipeline } from '../../../core/pipeline/pipeline.js'
import type { RequestContext } from '../../../core/pipeline/request-context.js'
import { Drive, makeRequest, settled } from './drive.js'

const goOn: Stage = { run: () => 'CONTINUE' }
const finish: Stage = {
  run: (ctx) => {
    ctx.respond(200, [], 'hello')
    return 'FINISH'
  },
}
const mistake = (): never => {
  throw new Error('a mistake')
}
const pending: Stage = { run: () => 'PENDING', cancel: () => undefined }
const fails: Stage = { run: mistake }

/** The rest of a response whose end nobody waits for. */
const openStream = (cancelled: () => void): ResponseStream => ({
  pipe: () => undefined,
  tap: () => undefined,
  consumed: () => undefined,
  cancel: cancelled,
})

t.test('the stages of a slot run in their order, then the next state follows', async (test) => {
  const drive = new Drive({ validate: [goOn, goOn, goOn], cache: [], route: [goOn, goOn] })
  drive.start()
  const states = ['validate1', 'validate2', 'validate3', 'route1', 'route2', 'queue', 'dispatch']
  test.same(drive.trace, [...states, 'respond 0', 'log', 'done'])
})

t.test('FINISH of the first stage of a slot skips the others of that slot', async (test) => {
  const drive = new Drive({ cache: [finish, goOn] })
  drive.start()
  test.same(drive.trace, ['validate', 'cache1', 'respond 200', 'log', 'done'])
})

t.test('an error of the first cache stage leaves the second one its turn', async (test) => {
  const drive = new Drive({ cache: [fails, finish] })
  drive.start()
  test.same(drive.trace, ['validate', 'cache1', 'cache2', 'respond 200', 'log', 'done'])
})

t.test('a pending stage among several goes on with the next of its slot', async (test) => {
  const drive = new Drive({ route: [pending, goOn], queue: [], dispatch: finish })
  drive.start().resume('CONTINUE')
  test.same(drive.trace, ['validate', 'cache', 'route1', 'route2', 'dispatch', 'respond 200', 'log', 'done'])
})

t.test('with every slot empty a request is responded to and done', async (test) => {
  const drive = new Drive({ validate: [], cache: [], route: [], queue: [], dispatch: [], log: [] })
  drive.start()
  test.same(drive.trace, ['respond 0', 'done'])
})

t.test('without a log an abandoned request is done', async (test) => {
  const drive = new Drive({ dispatch: pending, log: [] })
  drive.pipeline.abandon(drive.start())
  test.same(drive.trace, ['validate', 'cache', 'route', 'queue', 'dispatch', 'dispatch cancel', 'done'])
})

t.test('the cache modules see each response that was not their own, before it is sent', async (test) => {
  const store = () => undefined
  const seen = new Drive({ cache: [{ ...goOn, store }, goOn, { ...goOn, store }], dispatch: finish })
  seen.start()
  test.same(seen.trace.slice(-5), ['cache1 store', 'cache3 store', 'respond 200', 'log', 'done'])
  const fromCache = new Drive({
    cache: { ...goOn, store },
    dispatch: {
      run: (ctx) => {
        ctx.response.fromCache = true
        return 'FINISH'
      },
    },
  })
  fromCache.start()
  test.notOk(fromCache.trace.includes('cache store'))
})

t.test('a store that throws is reported, and the response is sent', async (test) => {
  const drive = new Drive({
    cache: { ...goOn, store: mistake },
    dispatch: finish,
  })
  drive.start()
  test.same(drive.trace.slice(-4), ['cache store', 'respond 200', 'log', 'done'])
  test.match(drive.events, [{ level: 'error', facts: { state: 'store', module: 'cache' } }])
})

for (const [name, ways] of Object.entries({
  'the first throws': [fails, goOn],
  'the second throws': [goOn, fails],
  'one finishes': [finish, goOn],
  'one rejects': [{ run: () => Promise.reject(new Error('a mistake')) }, goOn],
  'one answers with a promise': [{ run: () => Promise.resolve('FINISH') }, goOn],
} satisfies Record<string, Stage[]>)) {
  t.test(`of several logs each runs exactly once, also when ${name}`, async (test) => {
    const drive = new Drive({ dispatch: finish, log: ways })
    drive.start()
    await settled()
    test.same(drive.trace.slice(-4), ['respond 200', 'log1', 'log2', 'done'])
    test.equal(drive.events.length, /throws|rejects/.test(name) ? 1 : 0)
  })
}

t.test(
  'a log that is pending holds its request until it is resumed, and no abandon skips it',
  async (test) => {
    const drive = new Drive({ dispatch: finish, log: [pending, goOn] })
    const ctx = drive.start()
    drive.pipeline.abandon(ctx)
    test.same(drive.trace.slice(-2), ['respond 200', 'log1'])
    test.equal(ctx.win32Status, 0)
    ctx.resume('CONTINUE')
    test.same(drive.trace.slice(-3), ['log1', 'log2', 'done'])
  },
)

t.test('the time of completion is that at which the log begins', async (test) => {
  const drive = new Drive({ dispatch: pending, log: [pending, goOn] })
  const ctx = drive.start()
  drive.clock.advance(250)
  ctx.resume('CONTINUE')
  drive.clock.advance(50)
  ctx.resume('CONTINUE')
  test.equal(ctx.completedAt, 1_250)
})

t.test('nothing that is called after the log changes anything', async (test) => {
  const drive = new Drive({ dispatch: finish })
  const ctx = drive.start()
  const before = [...drive.trace]
  ctx.resume('CONTINUE')
  ctx.fail('BAD_GATEWAY')
  drive.pipeline.abandon(ctx)
  test.equal(drive.pipeline.interrupt(ctx, 'BAD_REQUEST'), false)
  test.same(drive.trace, before)
  test.match(ctx, { error: null, win32Status: 0, state: 'done' })
})

t.test('the log runs when the response has left, and not before', async (test) => {
  const drive = new Drive({ dispatch: finish })
  drive.send = () => 'PENDING'
  const ctx = drive.start()
  test.equal(drive.trace.at(-1), 'respond 200')
  ctx.resume('CONTINUE')
  test.same(drive.trace.slice(-2), ['log', 'done'])
})

t.test(
  'a client that goes away while its response is sent leaves a cut response in the log',
  async (test) => {
    let cancels = 0
    const stream = openStream(() => cancels++)
    const drive = new Drive({
      dispatch: {
        run: (ctx) => {
          ctx.response.status = 200
          ctx.response.stream = stream
          return 'CONTINUE'
        },
      },
    })
    drive.send = () => 'PENDING'
    const ctx = drive.start()
    drive.pipeline.abandon(ctx)
    ctx.resume('CONTINUE')
    test.same(drive.trace.slice(-3), ['respond 200', 'log', 'done'])
    test.match(ctx, { error: 'RESPONSE_CUT', win32Status: 64, response: { status: 200 } })
    test.equal(cancels, 1)
  },
)

t.test('a writer that throws, or fails, leads straight to the log', async (test) => {
  const drive = new Drive({ dispatch: finish })
  drive.send = () => {
    throw new Error('a mistake')
  }
  test.equal(drive.start().error, 'INTERNAL')
  test.same(drive.trace.slice(-3), ['respond 200', 'log', 'done'])
  test.match(drive.events, [{ facts: { state: 'respond' } }])
})

t.test('refuse answers a request that no stage has seen', async (test) => {
  const drive = new Drive()
  const ctx = drive.request()
  drive.pipeline.refuse(ctx, 'BAD_HEADER')
  test.same(drive.trace, ['respond 400', 'log', 'done'])
  test.match(ctx, { error: 'BAD_HEADER', win32Status: 0, response: { close: true } })
})

t.test('refuse without an answer only logs', async (test) => {
  const drive = new Drive()
  const ctx = drive.request()
  drive.pipeline.refuse(ctx, 'CLIENT_GONE')
  test.same(drive.trace, ['log', 'done'])
  test.match(ctx, { error: 'CLIENT_GONE', win32Status: 64 })
})

t.test(
  'interrupt answers in place of whoever holds the request, until a response has begun',
  async (test) => {
    for (const slot of ['validate', 'route', 'queue', 'dispatch'] as const) {
      const drive = new Drive({ [slot]: pending })
      const ctx = drive.start()
      test.equal(drive.pipeline.interrupt(ctx, 'BAD_NUMBER'), true)
      ctx.resume('CONTINUE')
      test.same(drive.trace.slice(-4), [`${slot} cancel`, 'respond 400', 'log', 'done'])
      test.equal(ctx.error, 'BAD_NUMBER')
    }
    const responding = new Drive({ dispatch: finish })
    responding.send = () => 'PENDING'
    const ctx = responding.start()
    test.equal(responding.pipeline.interrupt(ctx, 'BAD_NUMBER'), false)
    test.equal(responding.trace.at(-1), 'respond 200')
  },
)

t.test('interrupt answers also where the stage throws when it is cancelled', async (test) => {
  const drive = new Drive({ dispatch: { ...pending, cancel: mistake } })
  drive.pipeline.interrupt(drive.start(), 'BAD_NUMBER')
  test.same(drive.trace.slice(-3), ['respond 400', 'log', 'done'])
  test.match(drive.events, [{ facts: { module: 'dispatch' } }])
})

t.test(
  'an exception is reported with module, state and stack; an error of the table is not',
  async (test) => {
    const drive = new Drive({ route: fails })
    const ctx = drive.start({ target: `/${'a'.repeat(1_000)}`, method: 'PUT' })
    test.match(drive.events, [
      {
        id: 0,
        level: 'error',
        source: 'module',
        text: /"route" failed in the route state; this one request was answered with an error/,
        facts: { module: 'route', state: 'route', method: 'PUT', error: /a mistake[^]*at / },
      },
    ])
    test.equal(String(drive.events[0]?.facts?.target).length, 256)
    test.match(ctx.cause, { message: 'a mistake' })

    const cause = new Error('inner')
    const known = new Drive({
      route: {
        run: () => {
          throw new RequestError('NOT_FOUND', { cause })
        },
      },
    })
    test.equal(known.start().cause, cause)
    test.same(known.events, [])
  },
)

t.test('an error drops the response that was begun, and cancels its stream', async (test) => {
  let cancels = 0
  const drive = new Drive({
    dispatch: {
      run: (ctx) => {
        ctx.response.status = 200
        ctx.response.raw = 'HTTP/1.1 200 OK\r\n\r\n'
        ctx.response.stream = openStream(() => cancels++)
        throw new RequestError('BAD_GATEWAY')
      },
    },
  })
  const { response } = drive.start()
  test.match(response, { status: 502, raw: null, stream: null })
  test.equal(cancels, 1)
})

t.test('each error of the table is answered as the table says', async (test) => {
  for (const [code, row] of Object.entries(errorTable)) {
    const drive = new Drive({ dispatch: pending })
    const ctx = drive.start()
    ctx.fail(code as ErrorCode)
    const { response } = ctx
    test.match(response, { status: row.status, subStatus: row.subStatus }, code)
    test.equal(response.close, row.status === 0 || row.close, code)
    test.equal(response.reset, row.status === 0, code)
    if (row.status === 0) continue
    test.match(response.body, row.text, code)
    test.equal(response.headers.includes('Retry-After'), [429, 503].includes(row.status), code)
  }
})

t.test('an outcome that is no word of the contract is an error of this one request', async (test) => {
  for (const [name, outcome] of Object.entries({
    nothing: undefined,
    null: null,
    true: true,
    other: 'continue',
    object: {},
  })) {
    const drive = new Drive({ route: { run: () => outcome as Outcome } })
    drive.start()
    await settled()
    test.same(drive.trace.slice(-4), ['route', 'respond 500', 'log', 'done'], name)
    test.match(drive.events, [{ facts: { error: /must answer CONTINUE or FINISH/ } }], name)
  }
  const promised = new Drive({ route: { run: () => Promise.resolve(undefined as never) } })
  promised.start()
  await settled()
  test.same(promised.trace.slice(-4), ['route', 'respond 500', 'log', 'done'])
})

t.test('a thousand requests that resume while running do not pile up on the stack', async (test) => {
  const many = Array.from({ length: 1_000 }, () => goOn)
  const drive = new Drive({ validate: many, dispatch: finish })
  drive.start()
  test.equal(drive.trace.length, 1_000 + 4 + 3)
})

const cached: Stage = { ...finish, repeatable: true }
const missed: Stage = { ...goOn, repeatable: true }

t.test('a hit can be asked for only where every stage before the route is repeatable', async (test) => {
  const can = (validate: Stage | Stage[], cache: Stage | Stage[]): boolean =>
    new Drive({ validate, cache }).pipeline.canTryCached
  test.equal(can(missed, cached), true)
  test.equal(can([missed, missed], cached), true)
  test.equal(can([], cached), true)
  test.equal(can(goOn, cached), false)
  test.equal(can([missed, goOn], cached), false)
  test.equal(can(missed, [missed, finish]), false)
})

t.test('a hit is sent and logged before the parser was asked', async (test) => {
  const drive = new Drive({ validate: missed, cache: cached })
  const ctx = drive.request()
  test.equal(drive.pipeline.tryCached(ctx), true)
  test.same(drive.trace, ['validate', 'cache', 'respond 200', 'log', 'done'])
  test.equal(ctx.completedAt, 1_000)
})

t.test('after a miss nothing has happened, and the same request can run', async (test) => {
  for (const validate of [missed, { ...fails, repeatable: true }]) {
    const drive = new Drive({ validate, cache: missed })
    const ctx = drive.request()
    test.equal(drive.pipeline.tryCached(ctx), false)
    test.notOk(drive.trace.includes('log'))
    test.same(drive.events, [])
    test.match(ctx, { pending: false, error: null, response: { status: 0 } })
    drive.pipeline.run(ctx)
    test.equal(drive.trace.filter((entry) => entry === 'log').length, 1)
  }
})

t.test('a hit before the parser may also be streamed', async (test) => {
  const drive = new Drive({ validate: missed, cache: cached })
  drive.send = () => 'PENDING'
  const ctx = drive.request()
  test.equal(drive.pipeline.tryCached(ctx), true)
  test.equal(drive.trace.at(-1), 'respond 200')
  ctx.resume('CONTINUE')
  test.same(drive.trace.slice(-2), ['log', 'done'])
})

t.test('the next request of a connection may start within onDone', async (test) => {
  const drive = new Drive({ dispatch: finish })
  const second = drive.request({ target: '/2' })
  const order: string[] = []
  drive.pipeline.onDone = (ctx: RequestContext) => {
    order.push(ctx.target)
    if (ctx !== second) drive.pipeline.run(second)
  }
  drive.start({ target: '/1' })
  test.same(order, ['/1', '/2'])
})

t.test('a context reads headers whatever their case, the first value or all of them', async (test) => {
  const empty = { validate: [], cache: [], route: [], queue: [], dispatch: [], log: [] }
  const pipeline = new Pipeline(empty, { write: () => undefined }, new ManualClock())
  const headers = ['Host', 'test', 'ACCEPT', 'a', 'accept', 'b', 'Accept-Encoding', 'gzip']
  const ctx = makeRequest(pipeline, { headers, target: '/12' })
  test.equal(ctx.header('accept'), 'a')
  test.equal(ctx.headerList('accept'), 'a, b')
  test.equal(ctx.header('range'), undefined)
  test.equal(ctx.headerList('range'), undefined)
  ctx.bodyBytes = 10
  const head = 'GET /12 HTTP/1.1\r\nHost: test\r\nACCEPT: a\r\naccept: b\r\nAccept-Encoding: gzip\r\n\r\n'
  test.equal(ctx.bytesReceived, head.length + 10)
  ctx.items.set('key', 1)
  test.equal(ctx.items.get('key'), 1)
})
