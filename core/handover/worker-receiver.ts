/** The listener's end of one worker's lane: takes requests while it has credits, hands them over, matches the responses. */
import type { Connection } from '../contract/connection.js'
import {
  RequestFlags,
  ResponseFlags,
  ToWorker,
  type ApplicationSettings,
  type Batch,
  type Bytes,
  type Message,
} from '../contract/messages.js'
import type { Receiver } from '../contract/receiver.js'
import { errorTable, type ErrorCode } from '../errors.js'
import type { Application } from '../namespace/application.js'
import type { RequestContext } from '../pipeline/request-context.js'
import type { RequestQueue } from '../queue/request-queue.js'
import { ExchangeNumbers, ExchangeTable } from './exchange-table.js'
import { Outbox, type Post } from './outbox.js'
import { readBatch, type BatchReader, type ReceiverObserver } from './read-batch.js'
import { RequestBody, type BodyTarget } from './request-body.js'
import { ResponseParts, type PartsSource } from './response-parts.js'

export interface ReceiverOptions {
  readonly queue: RequestQueue
  /** Requests that it executes at one time at most (pool's concurrentRequests). */
  readonly credits: number
  readonly post: Post
  readonly observer: ReceiverObserver
  readonly settingsOf: (application: Application) => ApplicationSettings
}

/** A request that the worker has, with whatever of it is still on the move. */
class TakenRequest {
  readonly ctx: RequestContext
  body: RequestBody | null = null
  stream: ResponseParts | null = null

  constructor(ctx: RequestContext) {
    this.ctx = ctx
  }
}

/**
 * Holds for each request it has taken: one credit is out until the response has wholly arrived, or the client or the
 * worker has gone.
 */
export class WorkerReceiver implements Receiver, BodyTarget, PartsSource, BatchReader {
  credits: number
  private readonly queue: RequestQueue
  private readonly outbox: Outbox
  private readonly observer: ReceiverObserver
  private readonly settingsOf: (application: Application) => ApplicationSettings
  private readonly exchanges = new ExchangeTable<TakenRequest>()
  private readonly numbers = new ExchangeNumbers()
  private readonly applications = new Map<number, Application>()
  private readonly connections = new Set<Connection>()
  private ended = false
  /** Requests it has taken since it started. */
  taken = 0
  /** Runs when it has taken its `takenLimit`th request. */
  onTakenLimit: () => void = () => undefined
  takenLimit = 0

  constructor(options: ReceiverOptions) {
    this.queue = options.queue
    this.credits = options.credits
    this.outbox = new Outbox(options.post)
    this.observer = options.observer
    this.settingsOf = options.settingsOf
  }

  get executing(): number {
    return this.exchanges.size
  }

  /** When the oldest of the requests that it has came in, milliseconds since the epoch; undefined without any. */
  get oldestSince(): number | undefined {
    let oldest: number | undefined
    for (const exchange of this.exchanges.inUse()) {
      const since = this.exchanges.get(exchange)?.ctx.receivedAt
      if (since !== undefined && (oldest === undefined || since < oldest)) oldest = since
    }
    return oldest
  }

  /** Posts a message that concerns no request. */
  tell(message: Message): void {
    this.outbox.open().push(...message)
  }

  /** The worker knows this application from its start. */
  knows(application: Application): void {
    this.applications.set(application.id, application)
  }

  /** The applications that the worker has been told of. */
  get known(): Iterable<Application> {
    return this.applications.values()
  }

  take(_ctx: RequestContext): void {
    this.credits--
    if (++this.taken === this.takenLimit) this.onTakenLimit()
  }

  send(ctx: RequestContext): void {
    const { connection, application, incoming } = ctx
    if (!application || this.ended) {
      ctx.fail('UNAVAILABLE')
      return
    }
    const batch = this.outbox.open()
    if (!this.connections.has(connection)) this.introduce(connection, batch)
    if (!this.applications.has(application.id)) {
      this.applications.set(application.id, application)
      batch.push(ToWorker.APPLICATION, this.settingsOf(application))
    }
    const exchange = this.numbers.allocate()
    ctx.exchange = exchange
    const taken = new TakenRequest(ctx)
    this.exchanges.set(exchange, taken)
    const same = connection.sentTo === this && sameHeaders(connection.sentHeaders, ctx.rawHeaders)
    connection.sentTo = this
    connection.sentHeaders = ctx.rawHeaders
    const flags =
      (same ? RequestFlags.SAME_HEADERS : 0) |
      (ctx.httpVersion === '1.0' ? RequestFlags.HTTP_1_0 : 0) |
      (ctx.keepAlive ? RequestFlags.KEEP_ALIVE : 0) |
      (incoming ? RequestFlags.HAS_BODY : 0) |
      (ctx.expectsContinue ? RequestFlags.EXPECTS_CONTINUE : 0)
    batch.push(
      ToWorker.REQUEST,
      exchange,
      connection.id,
      application.id,
      flags,
      ctx.method,
      ctx.url,
      same ? '' : ctx.rawHeaders.join('\n'),
    )
    if (incoming) taken.body = new RequestBody(ctx, incoming, exchange, this)
    else this.outbox.counted()
  }

  cancel(ctx: RequestContext): void {
    if (this.exchanges.get(ctx.exchange)?.ctx === ctx) this.abort(ctx.exchange)
    else if (ctx.exchange === 0 && ctx.receiver === this) {
      ctx.receiver = null
      this.returnCredit()
    }
  }

  forget(connection: Connection): void {
    if (this.connections.delete(connection)) this.outbox.open().push(ToWorker.DISCONNECT, connection.id)
  }

  // --- BodyTarget

  body(exchange: number, chunk: Buffer): void {
    const batch = this.outbox.open()
    batch.push(ToWorker.BODY, exchange, this.outbox.pack(chunk, true))
  }

  bodyEnd(exchange: number, rawTrailers: readonly string[]): void {
    this.outbox.open().push(ToWorker.BODY_END, exchange, rawTrailers.join('\n'))
  }

  // --- PartsSource

  acknowledge(exchange: number, bytes: number): void {
    this.outbox.open().push(ToWorker.RESPONSE_ACK, exchange, bytes)
  }

  abort(exchange: number): void {
    if (!this.exchanges.get(exchange)) return
    this.outbox.open().push(ToWorker.ABORT, exchange)
    this.close(exchange)
  }

  tapFailed(error: unknown): void {
    this.observer.event({
      id: 0,
      level: 'error',
      source: 'module',
      text: 'A module that looked on at a response failed; the response went on without it.',
      facts: { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
    })
  }

  // --- BatchReader

  response(exchange: number, flags: number, status: number, bytes: Bytes): void {
    const taken = this.exchanges.get(exchange)
    if (!taken) return
    const { ctx } = taken
    const { response } = ctx
    response.status = status
    response.raw = bytes
    response.close = (flags & ResponseFlags.CLOSE) !== 0
    if ((flags & ResponseFlags.END) !== 0) this.close(exchange)
    else {
      const stream = new ResponseParts(this, exchange)
      taken.stream = stream
      response.stream = stream
    }
    ctx.resume('CONTINUE')
  }

  responseBody(exchange: number, flags: number, bytes: Bytes): void {
    const taken = this.exchanges.get(exchange)
    if (!taken?.stream) return
    const { ctx, stream } = taken
    if (bytes.length > 0) stream.push(bytes)
    if ((flags & ResponseFlags.END) === 0) return
    if ((flags & ResponseFlags.CLOSE) !== 0) ctx.response.close = true
    this.close(exchange)
    stream.end()
  }

  informational(exchange: number, bytes: string): void {
    const ctx = this.exchanges.get(exchange)?.ctx
    if (ctx && ctx.httpVersion !== '1.0') ctx.writer.inform(ctx, bytes)
  }

  /** The worker's runtime answers in place of an application that it could not load. */
  refuse(exchange: number, code: unknown): void {
    const known =
      typeof code === 'string' && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'INTERNAL'
    this.breakOff(exchange, known)
  }

  requestAck(exchange: number, bytes: number): void {
    this.exchanges.get(exchange)?.body?.acknowledge(bytes)
  }

  /** The application destroyed the connection. */
  reset(exchange: number): void {
    this.breakOff(exchange, 'RESET_BY_APP')
  }

  /** Reads one batch from the worker. */
  receive(batch: Batch): void {
    readBatch(batch, this, this.observer)
  }

  /** The worker has ended: what it had taken and not answered fails with `code`, what it had begun breaks off. */
  lose(code: ErrorCode): void {
    this.ended = true
    for (const exchange of this.exchanges.inUse()) this.breakOff(exchange, code)
    for (const connection of this.connections) connection.knownTo.delete(this)
    this.connections.clear()
  }

  private introduce(connection: Connection, batch: Batch): void {
    this.connections.add(connection)
    connection.knownTo.add(this)
    batch.push(
      ToWorker.CONNECT,
      connection.id,
      connection.remoteAddress,
      connection.remotePort,
      connection.localAddress,
      connection.localPort,
      connection.encrypted ? 1 : 0,
    )
  }

  /** No more will come for this exchange: an error before the response has begun, a cut after. */
  private breakOff(exchange: number, code: ErrorCode): void {
    const taken = this.exchanges.get(exchange)
    if (!taken) return
    this.close(exchange)
    const { ctx, stream } = taken
    if (stream) {
      ctx.error = code
      stream.fail()
    } else ctx.fail(code)
  }

  /** Ends the exchange on this side and gives the credit back. */
  private close(exchange: number): void {
    const taken = this.exchanges.get(exchange)
    if (!taken) return
    this.exchanges.delete(exchange)
    this.numbers.release(exchange)
    taken.body?.discard()
    this.returnCredit()
  }

  private returnCredit(): void {
    this.credits++
    if (this.queue.length > 0 && !this.ended) this.queue.credited(this)
  }
}

const sameHeaders = (before: readonly string[], now: readonly string[]): boolean => {
  if (before.length !== now.length) return false
  for (let i = 0; i < now.length; i++) if (before[i] !== now[i]) return false
  return true
}
