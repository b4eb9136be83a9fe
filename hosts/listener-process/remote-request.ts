/** A request that a listener process has handed to the server: its response goes back there, as bytes. */
import type {
  Bytes,
  LoggedFacts,
  RequestContext,
  RequestQueue,
  ResponseSink,
  ResponseWriter,
} from '../../core/index.js'
import { ResponseFlags, ToListener } from '../../core/contract/messages.js'
import type { Outbox } from '../../core/handover/outbox.js'
import type { Pipeline } from '../../core/pipeline/pipeline.js'
import { composeResponse } from '../listener/response-head.js'
import type { ApplicationName } from './messages.js'
import type { RemoteBody } from './remote-body.js'

/** What the process is told of a response that its cache may look at: whose it is. */
export interface StorableFacts extends LoggedFacts {
  readonly application: ApplicationName
  /** With `flushOnRecycle` that of the queue: once it has another one, the response is not to be kept. */
  readonly edition: number
}

export class RemoteRequest implements ResponseWriter, ResponseSink {
  readonly exchange: number
  readonly pipeline: Pipeline
  readonly body: RemoteBody | null
  /** Set as soon as it has been made. */
  ctx: RequestContext | null = null
  /** The cache of the server has seen the response: that of the process may see it too. */
  storable = false
  private readonly outbox: Outbox
  private readonly onEnd: (exchange: number) => void
  private readonly heed: (queue: RequestQueue) => void
  private ended = false

  /**
   * @param onEnd - the last byte of the response is on its way, or none will be
   * @param heed - told of queues whose editions the process must hear of
   */
  constructor(
    exchange: number,
    pipeline: Pipeline,
    body: RemoteBody | null,
    outbox: Outbox,
    onEnd: (exchange: number) => void,
    heed: (queue: RequestQueue) => void,
  ) {
    this.exchange = exchange
    this.pipeline = pipeline
    this.body = body
    this.outbox = outbox
    this.onEnd = onEnd
    this.heed = heed
  }

  // --- ResponseWriter

  send(ctx: RequestContext): 'CONTINUE' | 'PENDING' {
    if (this.ended) return 'CONTINUE'
    const { response } = ctx
    const { stream } = response
    const batch = this.outbox.open()
    if (response.reset) {
      this.reset()
      return 'CONTINUE'
    }
    const bytes = response.raw ?? this.compose(ctx)
    const facts = this.storable || response.fromCache ? this.facts(ctx) : null
    if (facts) batch.push(ToListener.LOGGED, this.exchange, facts)
    const flags =
      (stream ? 0 : ResponseFlags.END) |
      (response.close ? ResponseFlags.CLOSE : 0) |
      (response.noStore ? ResponseFlags.NO_STORE : 0)
    ctx.bytesSent += bytes.length
    batch.push(ToListener.RESPONSE, this.exchange, flags, response.status, bytes)
    if (!stream) {
      this.outbox.counted()
      this.end()
      return 'CONTINUE'
    }
    stream.pipe(this)
    return 'PENDING'
  }

  inform(_ctx: RequestContext, bytes: string): void {
    if (!this.ended) this.outbox.open().push(ToListener.INFORMATIONAL, this.exchange, bytes)
  }

  // --- ResponseSink: the parts that follow the first

  write(bytes: Bytes): void {
    if (this.ended || !this.ctx) return
    this.ctx.bytesSent += bytes.length
    this.outbox.open().push(ToListener.RESPONSE_BODY, this.exchange, 0, bytes)
  }

  end(): void {
    if (this.ended) return
    const streamed = this.ctx?.response.stream
    if (streamed) {
      const flags = ResponseFlags.END | (this.ctx?.response.close === true ? ResponseFlags.CLOSE : 0)
      this.outbox.open().push(ToListener.RESPONSE_BODY, this.exchange, flags, '')
    }
    this.finish()
    if (streamed) this.ctx?.resume('CONTINUE')
  }

  /** Half a response must not look like a whole one. */
  fail(): void {
    this.reset()
    this.ctx?.resume('CONTINUE')
  }

  // --- from the process

  /** So many bytes have left for the client. */
  acknowledge(bytes: number): void {
    this.ctx?.response.stream?.consumed(bytes)
  }

  /** The client has gone, or the process has no use for the rest. */
  abort(): void {
    const { ctx, body } = this
    if (this.ended || !ctx) return
    this.finish()
    if (ctx.upgrade && ctx.response.status === SWITCHING_PROTOCOLS && body?.complete === true) {
      // That is how tunnels end: both sides had said all that they had to.
      ctx.response.stream?.cancel()
      ctx.resume('CONTINUE')
    } else this.pipeline.abandon(ctx)
  }

  /** Null where the process has no use for the response. */
  private facts(ctx: RequestContext): StorableFacts | null {
    const { method, site, application, response, receiver } = ctx
    if ((method !== 'GET' && method !== 'HEAD') || response.noStore || !site || !application) return null
    const { queue, config } = application
    if (!config.caching.enabled) return null
    const name = { site: site.name, path: application.path }
    if (!config.caching.flushOnRecycle) return { application: name, edition: 0 }
    // The worker has been told to end: what it still answers would outlive it.
    if (!response.fromCache && receiver !== null && !queue.has(receiver)) return null
    this.heed(queue)
    return { application: name, edition: queue.edition }
  }

  private reset(): void {
    if (this.ended) return
    this.outbox.open().push(ToListener.RESET, this.exchange)
    this.finish()
  }

  private finish(): void {
    this.ended = true
    this.body?.destroy()
    this.onEnd(this.exchange)
  }

  /** What a stage has set may be impossible to send; its client shall not wait for it. */
  private compose(ctx: RequestContext): Buffer {
    try {
      return composeResponse(ctx, ctx.keepAlive && !ctx.response.close, ctx.receivedAt)
    } catch (error) {
      this.reset()
      throw error
    }
  }
}

/** RFC 9110 section 15.2.2. */
const SWITCHING_PROTOCOLS = 101
