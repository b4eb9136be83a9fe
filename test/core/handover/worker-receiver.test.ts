/** The listener's end of a lane, against a worker whose messages are written by hand. */
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import {
  PROTOCOL_VERSION,
  RequestFlags,
  ResponseFlags,
  ToListener,
  ToWorker,
  WINDOW,
  type ApplicationSettings,
  type Batch,
} from '../../../core/contract/messages.js'
import type { ModuleScope, Stage } from '../../../core/contract/stage.js'
import { RequestError } from '../../../core/errors.js'
import { FULL_BATCH } from '../../../core/handover/outbox.js'
import { WorkerReceiver } from '../../../core/handover/worker-receiver.js'
import type { Application } from '../../../core/namespace/application.js'
import type { RequestContext } from '../../../core/pipeline/request-context.js'
import { shareHeaders } from '../../../core/pipeline/share-headers.js'
import { RequestQueue } from '../../../core/queue/request-queue.js'
import dispatchModule from '../../../modules/dispatch/dispatch-stage.js'
import queueModule from '../../../modules/queue/queue-stage.js'
import { Drive, makeConnection, settled, type Asked } from '../pipeline/drive.js'
import { messagesToWorker } from './messages.js'

const queueStage = await queueModule.setup({} as ModuleScope, {})
const dispatchStage = await dispatchModule.setup({} as ModuleScope, {})

const settingsOf = ({ id }: Application): ApplicationSettings => ({ id }) as ApplicationSettings

/** The standard queue and dispatch stages, a queue, one receiver with `credits`, and what it posts and says. */
class Lane {
  readonly queue = new RequestQueue('pool', 100)
  readonly application = { id: 5, queue: this.queue } as Application
  readonly drive: Drive
  readonly receiver: WorkerReceiver
  readonly told: string[] = []
  /** What the client got of streamed responses. */
  readonly streamed: string[] = []
  readonly informed: string[] = []
  private readonly batches: Batch[] = []

  constructor(credits = 2, filling: { queue?: Stage[]; dispatch?: Stage[] } = {}) {
    this.receiver = new WorkerReceiver({
      queue: this.queue,
      credits,
      post: (batch) => this.batches.push(batch),
      observer: {
        ready: () => this.told.push('ready'),
        drained: () => this.told.push('drained'),
        applicationFailed: (application) => this.told.push(`failed ${application}`),
        pong: (memory, utilisation) => this.told.push(`pong ${memory} ${utilisation}`),
        event: ({ text }) => this.told.push(`event ${text}`),
        illFormed: (what) => this.told.push(`ill-formed: ${what}`),
      },
      settingsOf,
    })
    this.drive = new Drive({
      route: {
        run: (ctx) => {
          // As the listener does.
          shareHeaders(ctx)
          ctx.application = this.application
          ctx.queue = this.queue
          return 'CONTINUE'
        },
      },
      queue: filling.queue ?? queueStage,
      dispatch: filling.dispatch ?? dispatchStage,
    })
    this.drive.send = (ctx) => this.send(ctx)
    this.drive.writer.inform = (_ctx, bytes) => this.informed.push(bytes)
    this.queue.attach(this.receiver)
  }

  ask(asked: Asked = {}): RequestContext {
    return this.drive.start(asked)
  }

  /** One more worker for the same queue. */
  another(credits = 2): WorkerReceiver {
    const nothing = (): undefined => undefined
    const receiver = new WorkerReceiver({
      queue: this.queue,
      credits,
      post: nothing,
      observer: {
        ready: nothing,
        drained: nothing,
        applicationFailed: nothing,
        pong: nothing,
        event: nothing,
        illFormed: nothing,
      },
      settingsOf,
    })
    this.queue.attach(receiver)
    return receiver
  }

  /** All messages that were posted since it was last asked. */
  async posted(): Promise<unknown[][]> {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    return this.batches.splice(0).flatMap(messagesToWorker)
  }

  kinds(messages: unknown[][]): unknown[] {
    return messages.map(([kind]) => kind)
  }

  /** A worker's answer, complete unless `flags` say otherwise. */
  respond(ctx: RequestContext, flags: number = ResponseFlags.END, bytes = 'HTTP/1.1 200 OK\r\n\r\n'): void {
    this.receiver.receive([ToListener.RESPONSE, ctx.exchange, flags, 200, bytes])
  }

  more(ctx: RequestContext, flags: number, bytes: string): void {
    this.receiver.receive([ToListener.RESPONSE_BODY, ctx.exchange, flags, bytes])
  }

  private send(ctx: RequestContext): 'CONTINUE' | 'PENDING' {
    const { stream } = ctx.response
    if (!stream) return 'CONTINUE'
    stream.pipe({
      write: (bytes) => {
        this.streamed.push(String(bytes))
        stream.consumed(bytes.length)
      },
      end: () => {
        this.streamed.push('END')
        ctx.resume('CONTINUE')
      },
      fail: () => {
        this.streamed.push('FAIL')
        ctx.resume('CONTINUE')
      },
    })
    return 'PENDING'
  }
}

const withBody = (): IncomingMessage => new IncomingMessage(new Socket())

t.test('a request is introduced with its connection and its application, once', async (test) => {
  const lane = new Lane(10)
  const connection = makeConnection()
  const first = lane.ask({ connection, target: '/a?b', method: 'PUT', headers: ['Host', 'h', 'A', 'b'] })
  const [connect, application, request] = await lane.posted()
  const { id } = connection
  test.same(connect, [ToWorker.CONNECT, id, '192.0.2.7', 50_000, '192.0.2.1', 80, 0])
  test.same(application, [ToWorker.APPLICATION, { id: 5 }])
  const flags = RequestFlags.KEEP_ALIVE
  test.same(request, [ToWorker.REQUEST, first.exchange, id, 5, flags, 'PUT', '/a?b', 'Host\nh\nA\nb'])
  test.ok(connection.knownTo.has(lane.receiver))

  lane.ask({ connection, headers: ['Host', 'other'] })
  test.same(lane.kinds(await lane.posted()), [ToWorker.REQUEST])
  lane.ask({ connection: makeConnection() })
  test.same(lane.kinds(await lane.posted()), [ToWorker.CONNECT, ToWorker.REQUEST])
})

t.test('an application that the worker knows from its start is not introduced again', async (test) => {
  const lane = new Lane()
  lane.receiver.knows(lane.application)
  lane.ask()
  test.same(lane.kinds(await lane.posted()), [ToWorker.CONNECT, ToWorker.REQUEST])
})

t.test('the flags say what the head does not', async (test) => {
  const flagsOf = async (asked: Asked): Promise<unknown> => {
    const lane = new Lane()
    lane.ask(asked)
    return (await lane.posted()).find(([kind]) => kind === ToWorker.REQUEST)?.[4]
  }
  test.equal(await flagsOf({ keepAlive: false }), 0)
  test.equal(await flagsOf({ keepAlive: false, httpVersion: '1.0' }), RequestFlags.HTTP_1_0)
  test.equal(await flagsOf({ keepAlive: false, incoming: withBody() }), RequestFlags.HAS_BODY)
  test.equal(await flagsOf({ keepAlive: false, expectsContinue: true }), RequestFlags.EXPECTS_CONTINUE)
})

t.test('headers that are the same as those of the request before do not travel again', async (test) => {
  const lane = new Lane(20)
  const connection = makeConnection()
  const headersOf = async (headers: string[], one = connection): Promise<[boolean, unknown]> => {
    lane.ask({ connection: one, headers })
    const request = (await lane.posted()).find(([kind]) => kind === ToWorker.REQUEST)
    return [((request?.[4] as number) & RequestFlags.SAME_HEADERS) !== 0, request?.[7]]
  }
  test.same(await headersOf(['Host', 'a', 'X', '1']), [false, 'Host\na\nX\n1'])
  test.same(await headersOf(['Host', 'a', 'X', '1']), [true, ''])
  test.same(await headersOf(['Host', 'a', 'X', '1']), [true, ''])
  test.same(await headersOf(['Host', 'a', 'X', '2']), [false, 'Host\na\nX\n2'])
  test.same(await headersOf(['Host', 'a', 'X', '2', 'Y', '']), [false, 'Host\na\nX\n2\nY\n'])
  test.same(await headersOf(['Host', 'a', 'X', '2']), [false, 'Host\na\nX\n2'])
  test.same(await headersOf(['Host', 'a', 'X', '2'], makeConnection()), [false, 'Host\na\nX\n2'])
})

t.test('headers travel again after another worker had the connection', async (test) => {
  const lane = new Lane(20)
  const other = new Lane(20)
  const connection = makeConnection()
  lane.ask({ connection })
  other.ask({ connection })
  await lane.posted()
  lane.ask({ connection })
  const [request] = await lane.posted()
  test.equal((request?.[4] as number) & RequestFlags.SAME_HEADERS, 0)
})

t.test('a full batch of requests leaves at once, and the rest with the tick', async (test) => {
  const lane = new Lane(100)
  const posts: number[] = []
  const receiver = new WorkerReceiver({
    queue: lane.queue,
    credits: 100,
    post: (batch) => posts.push(messagesToWorker(batch).filter(([kind]) => kind === ToWorker.REQUEST).length),
    observer: {
      ready: t.fail,
      drained: t.fail,
      applicationFailed: () => t.fail(),
      pong: () => t.fail(),
      event: t.fail,
      illFormed: t.fail,
    },
    settingsOf,
  })
  lane.queue.detach(lane.receiver)
  lane.queue.attach(receiver)
  for (let request = 0; request < FULL_BATCH + 4; request++) lane.ask()
  test.same(posts, [FULL_BATCH])
  await lane.posted()
  test.same(posts, [FULL_BATCH, 4])
})

t.test('a response in one piece is sent as it came', async (test) => {
  const lane = new Lane()
  const ctx = lane.ask()
  lane.receiver.receive([
    ToListener.RESPONSE,
    ctx.exchange,
    ResponseFlags.END | ResponseFlags.CLOSE,
    404,
    'bytes',
  ])
  test.match(ctx, { state: 'done', error: null, response: { status: 404, raw: 'bytes', close: true } })
})

t.test('a streamed response is passed on part by part, and acknowledged as it leaves', async (test) => {
  const lane = new Lane()
  const ctx = lane.ask()
  await lane.posted()
  lane.respond(ctx, 0)
  test.equal(ctx.state, 'respond')
  lane.more(ctx, 0, 'one')
  lane.more(ctx, 0, '')
  test.same(await lane.posted(), [[ToWorker.RESPONSE_ACK, ctx.exchange, 3]])
  lane.more(ctx, ResponseFlags.END | ResponseFlags.CLOSE, 'two')
  test.same(lane.streamed, ['one', 'two', 'END'])
  test.match(ctx, { state: 'done', response: { close: true } })
})

t.test(
  'informational responses are passed on at once, but not to a client that cannot read them',
  async (test) => {
    const lane = new Lane()
    const [ctx, old] = [lane.ask(), lane.ask({ httpVersion: '1.0' })]
    for (const { exchange } of [ctx, old])
      lane.receiver.receive([ToListener.INFORMATIONAL, exchange, `${exchange}`])
    test.same(lane.informed, [String(ctx.exchange)])
    test.equal(ctx.state, 'dispatch')
  },
)

t.test("a request's body goes on no faster than the worker acknowledges it", async (test) => {
  const lane = new Lane()
  const incoming = withBody()
  const ctx = lane.ask({ incoming })
  await lane.posted()
  const bytes = async (): Promise<number> => {
    const bodies = (await lane.posted()).filter(([kind]) => kind === ToWorker.BODY)
    return bodies.reduce((sum, [, , chunk]) => sum + (chunk as Uint8Array).byteLength, 0)
  }
  for (let chunk = 0; chunk < 6; chunk++) incoming.push(Buffer.alloc(WINDOW / 4))
  incoming.push(null)
  test.equal(await bytes(), WINDOW)
  test.equal(await bytes(), 0)
  lane.receiver.receive([ToListener.REQUEST_ACK, ctx.exchange, WINDOW])
  await new Promise((resolve) => {
    incoming.once('end', resolve)
  })
  const messages = await lane.posted()
  test.same(lane.kinds(messages), [ToWorker.BODY, ToWorker.BODY, ToWorker.BODY_END])
  test.same(messages.at(-1), [ToWorker.BODY_END, ctx.exchange, ''])
})

t.test('trailers of the body go with its end', async (test) => {
  const lane = new Lane()
  const incoming = withBody()
  const ctx = lane.ask({ incoming })
  incoming.rawTrailers = ['X-Sum', '1', 'X-Two', '2']
  incoming.push(null)
  incoming.resume()
  await new Promise((resolve) => {
    incoming.once('end', resolve)
  })
  test.same((await lane.posted()).at(-1), [ToWorker.BODY_END, ctx.exchange, 'X-Sum\n1\nX-Two\n2'])
})

t.test(
  'when the response is complete the rest of the body is thrown away, so that the connection can go on',
  async (test) => {
    const lane = new Lane()
    const incoming = withBody()
    const ctx = lane.ask({ incoming })
    lane.respond(ctx)
    incoming.push(Buffer.alloc(4 * WINDOW))
    incoming.push(null)
    await new Promise((resolve) => {
      incoming.once('end', resolve)
    })
    test.notOk(lane.kinds(await lane.posted()).includes(ToWorker.BODY))
  },
)

interface WayOut {
  readonly does: (lane: Lane, ctx: RequestContext) => void | Promise<void>
  readonly error: string | null
  readonly aborts?: boolean
  readonly filling?: { queue?: Stage[]; dispatch?: Stage[] }
}

const pendingStage: Stage = { run: () => 'PENDING', cancel: () => undefined }
const failingStage: Stage = {
  run: () => {
    throw new RequestError('INTERNAL')
  },
}
const finishingStage: Stage = {
  run: (ctx) => {
    ctx.respond(429, [], null)
    return 'FINISH'
  },
}
const nothing = (): void => undefined
const abandon = (lane: Lane, ctx: RequestContext): void => {
  lane.drive.pipeline.abandon(ctx)
}

const waysOut: Readonly<Record<string, WayOut>> = {
  'a complete response': {
    does: (lane, ctx) => {
      lane.respond(ctx)
    },
    error: null,
  },
  'the end of a streamed response': {
    does: (lane, ctx) => {
      lane.respond(ctx, 0)
      lane.more(ctx, 0, 'one')
      lane.more(ctx, ResponseFlags.END, '')
    },
    error: null,
  },
  'a reset by the application': {
    does: (lane, ctx) => {
      lane.receiver.receive([ToListener.RESET, ctx.exchange])
    },
    error: 'RESET_BY_APP',
  },
  'a reset in the middle of a response': {
    does: (lane, ctx) => {
      lane.respond(ctx, 0)
      lane.receiver.receive([ToListener.RESET, ctx.exchange])
      streamHasFailed(lane)
    },
    error: 'RESET_BY_APP',
  },
  'a refusal by the runtime': {
    does: (lane, ctx) => {
      lane.receiver.receive([ToListener.REFUSE, ctx.exchange, 'APP_FAILED'])
    },
    error: 'APP_FAILED',
  },
  'a refusal with a word that nobody knows': {
    does: (lane, ctx) => {
      lane.receiver.receive([ToListener.REFUSE, ctx.exchange, { code: 5 }])
    },
    error: 'INTERNAL',
  },
  'a refusal after the response had begun': {
    does: (lane, ctx) => {
      lane.respond(ctx, 0)
      lane.receiver.receive([ToListener.REFUSE, ctx.exchange, 'APP_FAILED'])
      streamHasFailed(lane)
    },
    error: 'APP_FAILED',
  },
  'a client that goes away before the response': { does: abandon, error: 'CLIENT_GONE', aborts: true },
  'a client that goes away in the middle of the response': {
    does: (lane, ctx) => {
      lane.respond(ctx, 0)
      abandon(lane, ctx)
    },
    error: 'RESPONSE_CUT',
    aborts: true,
  },
  'a body that breaks off': {
    does: (lane, ctx) => {
      lane.drive.pipeline.interrupt(ctx, 'BAD_NUMBER')
    },
    error: 'BAD_NUMBER',
    aborts: true,
  },
  'a stage before the dispatch that fails': {
    does: nothing,
    error: 'INTERNAL',
    filling: { dispatch: [failingStage, dispatchStage] },
  },
  'a stage before the dispatch that answers itself': {
    does: nothing,
    error: null,
    filling: { dispatch: [finishingStage, dispatchStage] },
  },
  'a stage after the queue that answers itself': {
    does: nothing,
    error: null,
    filling: { queue: [queueStage, finishingStage] },
  },
  'a client that goes away while a stage before the dispatch is pending': {
    does: abandon,
    error: 'CLIENT_GONE',
    filling: { dispatch: [pendingStage, dispatchStage] },
  },
}

const streamHasFailed = (lane: Lane): void => {
  t.equal(lane.streamed.at(-1), 'FAIL')
}

for (const [name, { does, error, aborts, filling }] of Object.entries(waysOut)) {
  t.test(`a credit comes back, once, and the next request goes: ${name}`, async (test) => {
    const lane = new Lane(1, filling)
    const ctx = lane.ask({ target: '/1' })
    await lane.posted()
    if (lane.queue.length === 0 && ctx.state !== 'done') test.equal(lane.receiver.credits, 0)
    const { exchange } = ctx
    await does(lane, ctx)
    test.match(ctx, { state: 'done', error })
    test.equal(lane.receiver.credits, 1)
    test.equal(lane.receiver.executing, 0)
    const aborted = (await lane.posted()).filter(([kind]) => kind === ToWorker.ABORT)
    test.same(aborted, aborts ? [[ToWorker.ABORT, exchange]] : [])

    // Whatever comes late of it finds nothing.
    lane.receiver.receive([
      ...[ToListener.RESPONSE, exchange, ResponseFlags.END, 200, 'late'],
      ...[ToListener.RESPONSE_BODY, exchange, ResponseFlags.END, 'late'],
      ...[ToListener.INFORMATIONAL, exchange, 'late'],
      ...[ToListener.REQUEST_ACK, exchange, 5],
      ...[ToListener.RESET, exchange],
      ...[ToListener.REFUSE, exchange, 'APP_FAILED'],
    ])
    lane.receiver.cancel(ctx)
    await settled()
    test.equal(lane.receiver.credits, 1)
    test.equal(ctx.error, error)
    test.same(lane.informed, [])
    test.equal(lane.drive.trace.filter((entry) => entry === 'log').length, 1)
  })
}

t.test('a credit that comes back goes to whoever waits longest', async (test) => {
  const lane = new Lane(1)
  const [first, second, third] = [lane.ask(), lane.ask(), lane.ask()]
  lane.respond(first)
  test.same([first.state, second.state, third.state], ['done', 'dispatch', 'queue'])
  test.equal(lane.receiver.credits, 0)
  test.equal(lane.receiver.executing, 1)
  abandon(lane, second)
  test.equal(third.state, 'dispatch')
})

t.test('a late message of a request that is over does not touch the next one', async (test) => {
  const lane = new Lane(1)
  const first = lane.ask()
  const old = first.exchange
  abandon(lane, first)
  const second = lane.ask()
  lane.receiver.receive([ToListener.RESPONSE, old, ResponseFlags.END, 200, 'late'])
  test.equal(second.state, 'dispatch')
})

t.test('when the worker is lost, what it had fails, and what it had begun breaks off', async (test) => {
  for (const code of ['WORKER_LOST', 'BAD_GATEWAY'] as const) {
    const lane = new Lane(3)
    const connection = makeConnection()
    const [waiting, streaming, done] = [
      lane.ask({ connection }),
      lane.ask({ connection }),
      lane.ask({ connection }),
    ]
    const queued = lane.ask()
    lane.respond(streaming, 0)
    lane.queue.detach(lane.receiver)
    lane.respond(done)
    lane.receiver.lose(code)
    test.match(waiting, { state: 'done', error: code })
    test.match(
      waiting.response,
      code === 'WORKER_LOST' ? { reset: true, status: 0 } : { reset: false, status: 502 },
    )
    test.match(streaming, { state: 'done', error: code })
    test.same(lane.streamed, ['FAIL'])
    test.match(done, { state: 'done', error: null })
    test.equal(lane.receiver.executing, 0)
    test.equal(queued.state, 'queue', 'what had not been taken survives')
    test.equal(connection.knownTo.size, 0)
    lane.receiver.lose(code)
    test.equal(lane.drive.trace.filter((entry) => entry === 'log').length, 3)
  }
})

t.test('the worker hears of the end of a connection that it knows, and of no other', async (test) => {
  const lane = new Lane()
  const connection = makeConnection()
  lane.receiver.forget(connection)
  test.same(await lane.posted(), [])
  lane.respond(lane.ask({ connection }))
  await lane.posted()
  lane.receiver.forget(connection)
  lane.receiver.forget(connection)
  test.same(await lane.posted(), [[ToWorker.DISCONNECT, connection.id]])
})

t.test('WAS is told what concerns no request', async (test) => {
  const lane = new Lane()
  const event = { id: 0, level: 'info', source: 'worker', text: 'hello' }
  lane.receiver.receive([
    ...[ToListener.READY, PROTOCOL_VERSION],
    ...[ToListener.EVENT, event],
    ToListener.DRAINED,
  ])
  test.same(lane.told, ['ready', 'event hello', 'drained'])
  lane.receiver.tell([ToWorker.PING])
  test.same(await lane.posted(), [[ToWorker.PING]])
})

t.test('what is no message is reported, and nothing after it is believed', async (test) => {
  for (const kind of [0, 99, -1, 'READY', null, undefined, {}, NaN]) {
    const lane = new Lane()
    const ctx = lane.ask()
    lane.receiver.receive([kind, ToListener.RESPONSE, ctx.exchange, ResponseFlags.END, 200, 'x'])
    test.match(lane.told, [/^ill-formed: message kind/])
    test.equal(lane.told.length, 1)
    test.equal(ctx.state, 'dispatch')
  }
  const lane = new Lane()
  lane.receiver.receive([ToListener.READY, PROTOCOL_VERSION + 1, ToListener.READY, PROTOCOL_VERSION])
  test.same(lane.told, [`ill-formed: protocol version ${PROTOCOL_VERSION + 1}`])
})

t.test('answers to requests that nobody asked are ignored', async (test) => {
  const lane = new Lane()
  lane.receiver.receive([ToListener.RESPONSE, 12_345, ResponseFlags.END, 200, 'x', ToListener.RESET, 99])
  test.same(lane.told, [])
  test.equal(lane.receiver.credits, 2)
})

const drainOf = (messages: unknown[][]): unknown[] | undefined =>
  messages.find(([kind]) => kind === ToWorker.DRAIN)

t.test(
  'the order to drain waits for a request that a stage holds between queue and dispatch',
  async (test) => {
    const lane = new Lane(10, { dispatch: [pendingStage, dispatchStage] })
    const [first, second] = [lane.ask(), lane.ask()]
    lane.receiver.drain(500, 'it is old')
    test.same(await lane.posted(), [])
    first.resume('CONTINUE')
    test.notOk(drainOf(await lane.posted()), 'one is still held')
    second.resume('CONTINUE')
    const messages = await lane.posted()
    test.equal(messages.at(-2)?.[0], ToWorker.REQUEST)
    test.same(messages.at(-1), [ToWorker.DRAIN, 500, 'it is old'])
  },
)

t.test('the order to drain waits no longer for a request whose client has gone', async (test) => {
  const lane = new Lane(10, { dispatch: [pendingStage, dispatchStage] })
  const ctx = lane.ask()
  lane.receiver.drain(500, '')
  lane.drive.pipeline.abandon(ctx)
  test.same(drainOf(await lane.posted()), [ToWorker.DRAIN, 500, ''])
})

t.test('the order to drain goes at once where all that was taken is sent', async (test) => {
  const lane = new Lane(10)
  lane.ask()
  await lane.posted()
  lane.receiver.drain(500, '')
  test.same(await lane.posted(), [[ToWorker.DRAIN, 500, '']])
})

t.test('a receiver that is detached by the request it has just taken gets no other', async (test) => {
  const lane = new Lane(1)
  const first = lane.ask()
  const others = [lane.ask(), lane.ask()]
  lane.receiver.takenLimit = 2
  lane.receiver.onTakenLimit = () => {
    lane.queue.detach(lane.receiver)
    lane.receiver.drain(500, '')
  }
  lane.receiver.credits = 10
  await lane.posted()
  lane.respond(first)
  const kinds = lane.kinds(await lane.posted())
  test.same(kinds.slice(-2), [ToWorker.REQUEST, ToWorker.DRAIN])
  test.equal(lane.queue.length, 1)
  test.equal(others[1]?.state, 'queue')
})

t.test('a request that was never handed over to a worker that has ended waits for another', async (test) => {
  const lane = new Lane(10, { dispatch: [pendingStage, dispatchStage] })
  const held = lane.ask({ method: 'POST' })
  lane.queue.detach(lane.receiver)
  lane.receiver.lose('WORKER_LOST')
  held.resume('CONTINUE')
  test.match(held, { state: 'queue', retried: true, receiver: null })
  const other = lane.another()
  held.resume('CONTINUE')
  test.equal(other.executing, 1)
})

t.test('what is safe to retry goes back to the queue, once, before all others', async (test) => {
  const lane = new Lane(2)
  const get = lane.ask({ target: '/1' })
  lane.ask({ target: '/2', method: 'HEAD' })
  const waiting = lane.ask({ target: '/3' })
  lane.queue.detach(lane.receiver)
  test.equal(lane.receiver.lose('WORKER_LOST', true), 2)
  test.same(
    [...lane.queue.contents].map(({ target }) => target),
    ['/1', '/2', '/3'],
  )
  test.equal(waiting.state, 'queue')
  const other = lane.another(2)
  test.equal(lane.receiver.credits, 2)
  test.equal(other.executing, 2)
  lane.queue.detach(other)
  test.equal(other.lose('WORKER_LOST', true), 0, 'not a second time')
  test.match(get, { state: 'done', error: 'WORKER_LOST' })
  test.equal(lane.drive.trace.filter((step) => step === 'log').length, 2, 'the log has each once')
})

t.test('what may do harm a second time is not retried', async (test) => {
  const lost = async (asked: Asked, before: (lane: Lane, ctx: RequestContext) => void): Promise<unknown> => {
    const lane = new Lane()
    const ctx = lane.ask(asked)
    before(lane, ctx)
    lane.queue.detach(lane.receiver)
    const retried = lane.receiver.lose('WORKER_LOST', true)
    test.equal(lane.queue.length, 0)
    return [retried, ctx.error]
  }
  test.same(await lost({ method: 'POST' }, nothing), [0, 'WORKER_LOST'])
  test.same(await lost({ incoming: withBody() }, nothing), [0, 'WORKER_LOST'], 'a GET with a body')
  const begun = (lane: Lane, ctx: RequestContext): void => {
    lane.respond(ctx, 0)
  }
  test.same(await lost({}, begun), [0, 'WORKER_LOST'], 'the answer had begun')
  const informed = (lane: Lane, ctx: RequestContext): void => {
    lane.receiver.receive([ToListener.INFORMATIONAL, ctx.exchange, 'HTTP/1.1 103 Early Hints\r\n\r\n'])
  }
  test.same(await lost({}, informed), [0, 'WORKER_LOST'], 'a byte of an answer was sent')
  test.same(await lost({}, abandon), [0, 'CLIENT_GONE'])
})

t.test('a request whose client goes away while it waits again is forgotten', async (test) => {
  const lane = new Lane()
  const ctx = lane.ask()
  lane.queue.detach(lane.receiver)
  lane.receiver.lose('WORKER_LOST', true)
  abandon(lane, ctx)
  test.equal(lane.queue.length, 0)
  test.match(ctx, { state: 'done', error: 'CLIENT_GONE' })
})
