/** The listener's end of one worker's lane: takes requests while it has credits, hands them over, matches the responses. */
import type { Connection } from '../contract/connection.js'
import {
  ResponseFlags,
  ToWorker,
  type Batch,
  type Bytes,
  type LoggedFacts,
  type Message,
} from '../contract/messages.js'
import type { Receiver } from '../contract/receiver.js'
import { errorTable, type ErrorCode } from '../errors.js'
import type { Application } from '../namespace/application.js'
import type { RequestContext } from '../pipeline/request-context.js'
import type { RequestQueue } from '../queue/request-queue.js'
import { DrainOrder } from './drain-order.js'
import { ExchangeNumbers, ExchangeTable } from './exchange-table.js'
import { Introductions } from './introductions.js'
import { Outbox } from './outbox.js'
import { readBatch, type BatchReader, type ReceiverObserver } from './read-batch.js'
import type { ReceiverOptions } from './receiver-options.js'
import { RequestBody, type BodyTarget } from './request-body.js'
import { pushRequest } from './request-message.js'
import { ResponseParts, tapFailure, type PartsSource } from './response-parts.js'
import { giveBackAll, oldestOf, TakenRequest } from './taken-request.js'

/** RFC 9110 section 15.2.2. */
const SWITCHING_PROTOCOLS = 101

/**
 * Holds for each request it has taken: one credit is out until the response has wholly arrived, or the client or the
 * worker has gone, or the protocol has changed.
 */
export class WorkerReceiver implements Receiver, BodyTarget, PartsSource, BatchReader {
  readonly worker: number
  credits: number
  private readonly queue: RequestQueue
  private readonly outbox: Outbox
  private readonly observer: ReceiverObserver
  private readonly exchanges = new ExchangeTable<TakenRequest>()
  private readonly numbers = new ExchangeNumbers()
  private readonly introductions: Introductions
  private ended = false
  private readonly order = new DrainOrder()
  /** Exchanges whose protocol has changed. */
  tunnels = 0
  /** Requests it has taken since it started. */
  taken = 0
  /** Runs when it has taken its `takenLimit`th request. */
  onTakenLimit: () => void = () => undefined
  takenLimit = 0

  constructor(options: ReceiverOptions) {
    this.worker = options.worker ?? 0
    this.queue = options.queue
    this.credits = options.credits
    this.outbox = new Outbox(options.post)
    this.observer = options.observer
    this.introductions = new Introductions(this, options.settingsOf)
  }

  get executing(): number {
    return this.exchanges.size - this.tunnels
  }

  /** When the oldest of the requests that it has came in, milliseconds since the epoch; undefined without any. */
  get oldestSince(): number | undefined {
    return oldestOf(this.exchanges)
  }

  /** Posts a message that concerns no request. */
  tell(message: Message): void {
    this.outbox.open().push(...message)
  }

  /**
   * Tells the worker to finish what it has; behind all requests that it has taken, also those that are not sent yet. The
   * queue must give it no more.
   *
   * @param deadline - when it will be killed, milliseconds since the epoch
   */
  drain(deadline: number, reason: string): void {
    const drain = this.order.give([ToWorker.DRAIN, deadline, reason])
    if (drain) this.tell(drain)
  }

  /** The worker knows this application from its start. */
  knows(application: Application): void {
    this.introductions.applications.set(application.id, application)
  }

  /** The applications that the worker has been told of. */
  get known(): Iterable<Application> {
    return this.introductions.applications.values()
  }

  take(_ctx: RequestContext): void {
    this.credits--
    this.order.unsent++
    if (++this.taken === this.takenLimit) this.onTakenLimit()
  }

  send(ctx: RequestContext): void {
    const { connection, application, incoming, upgrade } = ctx
    if (!application || this.ended) {
      this.giveBack(ctx)
      return
    }
    const batch = this.outbox.open()
    this.introductions.introduce(connection, application, batch)
    const exchange = this.numbers.allocate()
    ctx.exchange = exchange
    const taken = new TakenRequest(ctx)
    this.exchanges.set(exchange, taken)
    pushRequest(batch, ctx, application, exchange, this)
    const source = incoming ?? upgrade
    if (source) taken.body = new RequestBody(ctx, source, exchange, this)
    else this.outbox.counted()
    this.settled()
  }

  cancel(ctx: RequestContext): void {
    if (this.exchanges.get(ctx.exchange)?.ctx === ctx) this.abort(ctx.exchange)
    else if (ctx.exchange === 0 && ctx.receiver === this) {
      ctx.receiver = null
      this.settled()
      this.returnCredit()
    }
  }

  forget(connection: Connection): void {
    if (this.introductions.forget(connection)) this.outbox.open().push(ToWorker.DISCONNECT, connection.id)
  }

  // --- BodyTarget

  body(exchange: number, chunk: Buffer): void {
    const batch = this.outbox.open()
    batch.push(ToWorker.BODY, exchange, this.outbox.pack(chunk, true))
  }

  bodyEnd(exchange: number, rawTrailers: readonly string[]): void {
    this.outbox.open().push(ToWorker.BODY_END, exchange, rawTrailers.join('\n'))
  }

  bodyTooLong(exchange: number): void {
    this.outbox.open().push(ToWorker.ABORT, exchange)
    this.breakOff(exchange, 'CONTENT_TOO_LONG')
  }

  // --- PartsSource

  acknowledge(exchange: number, bytes: number): void {
    this.outbox.open().push(ToWorker.RESPONSE_ACK, exchange, bytes)
  }

  abort(exchange: number): void {
    if (this.exchanges.get(exchange)) this.outbox.open().push(ToWorker.ABORT, exchange)
    this.close(exchange)
  }

  tapFailed(error: unknown): void {
    this.observer.event(tapFailure(error))
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
    response.noStore = (flags & ResponseFlags.NO_STORE) !== 0
    if ((flags & ResponseFlags.END) !== 0) this.close(exchange)
    else {
      const stream = new ResponseParts(this, exchange)
      taken.stream = stream
      response.stream = stream
      if (ctx.upgrade && status === SWITCHING_PROTOCOLS) this.opened(taken)
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
    const taken = this.exchanges.get(exchange)
    if (!taken || taken.ctx.httpVersion === '1.0') return
    taken.informed = true
    taken.ctx.writer.inform(taken.ctx, bytes)
  }

  logged(exchange: number, facts: LoggedFacts): void {
    const taken = this.exchanges.get(exchange)
    if (taken) taken.ctx.logged = facts
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

  tunnelEnd(exchange: number): void {
    this.exchanges.get(exchange)?.ctx.upgrade?.end()
  }

  /** Reads one batch from the worker. */
  receive(batch: Batch): void {
    readBatch(batch, this, this.observer)
  }

  /**
   * The worker has ended: what it had taken and not answered fails with `code`, what it had begun breaks off.
   *
   * @param retrySafe - what can do no harm a second time goes back to the queue instead
   * @returns how many have gone back
   */
  lose(code: ErrorCode, retrySafe = false): number {
    this.ended = true
    const again: RequestContext[] = []
    for (const exchange of this.exchanges.inUse()) {
      const taken = this.exchanges.get(exchange)
      if (!retrySafe || !taken?.isSafeToRetry) {
        this.breakOff(exchange, code)
        continue
      }
      this.close(exchange)
      again.push(taken.ctx)
    }
    this.introductions.forgetAll()
    giveBackAll(again, code)
    return again.length
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
    if (taken.tunnel) this.tunnels--
    else this.returnCredit()
  }

  /** A tunnel may stay open for days: it does not count as a request that is being executed. */
  private opened(taken: TakenRequest): void {
    taken.tunnel = true
    taken.ctx.response.noStore = true
    this.tunnels++
    this.returnCredit()
  }

  /** It was never handed over, and the worker has ended: it is one of those that wait. */
  private giveBack(ctx: RequestContext): void {
    this.cancel(ctx)
    if (!ctx.application || !ctx.retry()) ctx.fail('UNAVAILABLE')
  }

  /** One more of those that it has taken is sent, or will not be. */
  private settled(): void {
    const drain = this.order.settled()
    if (drain) this.tell(drain)
  }

  private returnCredit(): void {
    this.credits++
    if (this.queue.length > 0 && !this.ended) this.queue.credited(this)
  }
}
