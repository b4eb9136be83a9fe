/** One client's HTTP/2 connection: its streams are requests of the pipeline, each for itself, many at once. */
import { constants, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { RequestContext, type Clock, type Receiver, type RequestQueue } from '../../../core/index.js'
import type { TlsFacts } from '../../../core/contract/tls.js'
import type { Pipeline } from '../../../core/pipeline/pipeline.js'
import { shareHeaders } from '../../../core/pipeline/share-headers.js'
import type { SiteLimits } from '../limits/site-limits.js'
import type { Throttle } from '../limits/throttle.js'
import type { ListenedConnection } from '../listening-socket.js'
import { Http2Lane } from './lane.js'
import { readHead } from './request-head.js'
import { ResetBudget } from './reset-budget.js'
import { Http2Writer } from './response-writer.js'

/** Where it came from and to, and how. */
export interface Http2Place {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly tls: TlsFacts | null
}

export interface Http2Options {
  readonly session: Http2Session
  readonly socket: Socket
  readonly place: Http2Place
  readonly pipeline: Pipeline
  readonly clock: Clock
  nextId(): number
  /** It has gone. */
  closed(): void
  /** The client has not kept to the protocol, or asked for too much. */
  failed(): void
}

export class Http2Connection implements ListenedConnection {
  readonly tunnel = false
  readonly place: Http2Place
  /** Its worker: all of its streams keep to it. */
  receiver: Receiver | null = null
  receiverQueue: RequestQueue | null = null
  private readonly options: Http2Options
  private readonly lanes = new Set<Http2Lane>()
  private idle: Http2Lane[] = []
  private readonly resets: ResetBudget
  private failure = false
  siteLimits: SiteLimits | null = null
  throttle: Throttle | null = null
  private silence = 0

  constructor(options: Http2Options) {
    const { session, place, clock } = options
    this.options = options
    this.place = place
    this.resets = new ResetBudget(clock.now())
    session.on('stream', (stream, _headers, _flags, rawHeaders?: string[]) => {
      this.begin(stream as ServerHttp2Stream, rawHeaders ?? [])
    })
    session.on('error', ({ code }: NodeJS.ErrnoException) => {
      // A connection that broke is nobody's fault.
      if (code?.startsWith('ERR_HTTP2')) this.fail()
    })
    session.once('close', () => {
      this.gone()
    })
    session.on('timeout', this.onTimeout)
  }

  *requests(): Generator<RequestContext> {
    for (const { current } of this.lanes) if (current) yield current
  }

  maySilent(milliseconds: number): void {
    if (this.silence === milliseconds) return
    this.silence = milliseconds
    this.options.session.setTimeout(milliseconds)
  }

  endSoon(): void {
    const { session } = this.options
    if (!session.closed) session.close()
  }

  drain(): void {
    this.endSoon()
  }

  destroy(): void {
    this.options.session.destroy()
    this.options.socket.destroy()
  }

  /** A lane has no request any more. */
  release(lane: Http2Lane): void {
    if (this.options.session.destroyed) return
    if (!lane.closed) this.idle.push(lane)
  }

  private begin(stream: ServerHttp2Stream, fields: readonly string[]): void {
    const { pipeline, clock } = this.options
    const hasBody = !stream.endAfterHeaders
    const { method, target, rawHeaders, expectsContinue, error } = readHead(fields, hasBody)
    const lane = this.idle.pop() ?? this.newLane()
    const ctx = new RequestContext(
      pipeline,
      lane,
      new Http2Writer(stream, lane.limited),
      method,
      target,
      '2.0',
      rawHeaders,
      hasBody ? bodyOf(stream) : null,
      true,
      expectsContinue,
      clock.now(),
    )
    lane.current = ctx
    // Each stream tells its errors to nobody else; its 'close' says all that is to be done.
    stream.on('error', ignore)
    stream.once('close', () => {
      this.closed(stream, lane, ctx)
    })
    shareHeaders(ctx)
    if (error) pipeline.refuse(ctx, error)
    else pipeline.run(ctx)
  }

  /** The stream has ended, as it should or because one of both sides has cut it. */
  private closed(stream: ServerHttp2Stream, lane: Http2Lane, ctx: RequestContext): void {
    if (stream.aborted || stream.rstCode === constants.NGHTTP2_CANCEL) this.spendReset()
    if (lane.current !== ctx) return
    // The worker has to hear of it, and knows the lane as broken off: the next request gets another one.
    lane.closed = true
    this.options.pipeline.abandon(ctx)
    this.lanes.delete(lane)
    lane.forget()
  }

  /** A request that is begun and taken back costs its client nothing, and a worker as much as any other. */
  private spendReset(): void {
    if (this.resets.spend(this.options.clock.now())) return
    const { session } = this.options
    if (!session.destroyed) session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    this.fail()
    session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM)
  }

  private fail(): void {
    if (this.failure) return
    this.failure = true
    this.options.failed()
  }

  private newLane(): Http2Lane {
    const lane = new Http2Lane(this.options.nextId(), this)
    this.lanes.add(lane)
    return lane
  }

  /** Silence is no fault while an application works on an answer; it is where the client does not read or send what it should. */
  private readonly onTimeout = (): void => {
    const { session } = this.options
    let isWaiting = false
    for (const { writer, incoming } of this.requests()) {
      const owesBody = incoming !== null && !incoming.readableEnded && !incoming.isPaused()
      if (owesBody || (writer as Http2Writer).isHeld) {
        session.destroy()
        return
      }
      isWaiting = true
    }
    // What was answered may still lie here, because the client does not read.
    if (!isWaiting && session.closed) session.destroy()
    else {
      if (!isWaiting) session.close()
      // Node tells once of a silence.
      if (!session.destroyed) session.setTimeout(this.silence)
    }
  }

  private gone(): void {
    this.idle = []
    for (const lane of [...this.lanes]) {
      lane.closed = true
      const { current } = lane
      lane.current = null
      if (current) this.options.pipeline.abandon(current)
      lane.forget()
    }
    this.lanes.clear()
    this.options.closed()
  }
}

const ignore = (): void => undefined

/** A stream is read as node's message is; its trailers come before its end. */
const bodyOf = (stream: ServerHttp2Stream): RequestContext['incoming'] => {
  const rawTrailers: string[] = []
  stream.once('trailers', (_headers: unknown, _flags: unknown, raw?: string[]) => {
    if (raw) rawTrailers.push(...raw)
  })
  return Object.assign(stream, { rawTrailers }) as unknown as RequestContext['incoming']
}
