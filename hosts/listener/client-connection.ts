/** One client's connection: its requests one after the other, each with its response written to the socket as bytes. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type {
  Bytes,
  Connection,
  ErrorCode,
  Receiver,
  RequestContext,
  RequestQueue,
  ResponseWriter,
} from '../../core/index.js'
import type { Pipeline } from '../../core/pipeline/pipeline.js'
import type { TlsFacts } from '../../core/contract/tls.js'
import { arrivalOf, plainAddress, resetSocket } from './arrival.js'
import type { FrontDoor } from './front-door.js'
import { sayClose } from './closing-head.js'
import type { ListenedConnection } from './listening-socket.js'
import { peerOf } from './limits/gate.js'
import type { Http1Connection } from './limits/limited-connection.js'
import type { ListenerLimits } from './limits/listener-limits.js'
import type { SiteLimits } from './limits/site-limits.js'
import type { Throttle } from './limits/throttle.js'
import { ThrottledResponse } from './limits/throttled-response.js'
import { finishNodeResponse } from './node-response.js'
import { withHsts } from './hsts.js'
import { composeResponse } from './response-head.js'
import { StreamedResponse } from './streamed-response.js'

/** How long the rest of a refused request may still come in before the connection is cut, in milliseconds. */
const LINGER = 2_000

/** More requests than these may not wait on one connection: the client is read no further. */
const PIPELINE_LIMIT = 64

interface Pipelined {
  readonly ctx: RequestContext
  readonly response: ServerResponse | null
  readonly error: ErrorCode | null
}

export class ClientConnection implements Http1Connection, Connection, ResponseWriter, ListenedConnection {
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly encrypted: boolean
  readonly tls: TlsFacts | null
  receiver: Receiver | null = null
  receiverQueue: RequestQueue | null = null
  headers: readonly string[] = []
  sentHeaders: readonly string[] = []
  sentTo: Receiver | null = null
  /** Runs when an application has answered an upgrade. */
  onTunnel: (() => void) | null = null
  readonly knownTo = new Set<Receiver>()
  closed = false
  /** What all of its requests are answered with. */
  readonly refusal: ErrorCode | null
  readonly socket: Socket
  /** Requests that node's parser has found on it; the last of them, for the front door, which lets it go at once. */
  accepted = 0
  lastAccepted: RequestContext | null = null
  /** The front door knows that node's parser stands between two messages. */
  atBoundary = false
  siteLimits: SiteLimits | null = null
  throttle: Throttle | null = null
  continued = false
  private readonly limits: ListenerLimits
  private readonly pipeline: Pipeline
  private readonly frontDoor: FrontDoor | null
  private attended = false
  /** The request that is on its way, and node's response object for it. */
  private current: RequestContext | null = null
  private response: ServerResponse | null = null
  private readonly waiting: Pipelined[] = []
  /** The server is stopping, or the last answer ended the connection: no request is taken after the current one. */
  private ending = false
  /** The server is stopping: the next answer tells the client that the connection ends with it. */
  private lastAnswer = false
  private starting = false
  /** An application has taken the connection over. */
  tunnel = false

  /** @param named - the address of what has none in the network: a Unix socket */
  constructor(
    id: number,
    socket: Socket,
    pipeline: Pipeline,
    frontDoor: FrontDoor | null,
    named: string | null,
    limits: ListenerLimits,
  ) {
    this.limits = limits
    this.id = id
    this.socket = socket
    const arrival = arrivalOf(socket)
    this.tls = arrival?.tls ?? null
    this.encrypted = this.tls !== null
    this.refusal = arrival?.refusal ?? null
    this.pipeline = pipeline
    this.frontDoor = frontDoor
    const { address, port } = peerOf(socket)
    this.remoteAddress = address
    this.remotePort = port
    this.localAddress = named ?? plainAddress(socket.localAddress)
    this.localPort = named === null ? (socket.localPort ?? 0) : 0
  }

  /** What the limits hold on to. */
  get limited(): this {
    return this
  }

  maySilent(milliseconds: number): void {
    if (this.socket.timeout !== milliseconds) this.socket.setTimeout(milliseconds)
  }

  /** The request that is on its way. */
  get request(): RequestContext | null {
    return this.current
  }

  *requests(): Generator<RequestContext> {
    if (this.current) yield this.current
  }

  destroy(): void {
    this.socket.destroy()
  }

  /** Whether a request is on its way. */
  get busy(): boolean {
    return this.current !== null
  }

  /** A request of which the front door knows the parsed head: answers whether it was a hit, and is done. */
  tryCached(ctx: RequestContext): boolean {
    if (this.closed || this.ending) return false
    this.current = ctx
    if (this.pipeline.tryCached(ctx)) return true
    this.current = null
    return false
  }

  /** Starts a request, or lets it wait for those before it on the same connection. */
  accept(ctx: RequestContext, response: ServerResponse | null, wrong: ErrorCode | null): void {
    if (this.closed || this.ending) return
    const error = this.refusal ?? wrong
    this.accepted++
    if (this.attended) this.lastAccepted = ctx
    if (this.current) {
      this.waiting.push({ ctx, response, error })
      if (this.waiting.length === PIPELINE_LIMIT) this.socket.pause()
      return
    }
    this.begin(ctx, response, error)
  }

  /** The parser has lost its footing: the request under way is broken, or there is one more that cannot be read. */
  interrupt(error: ErrorCode): boolean {
    const { current } = this
    if (!current?.incoming || current.incoming.complete || this.waiting.length > 0) return false
    // Where the response has begun already, all that is left is to cut it.
    if (!this.pipeline.interrupt(current, error)) this.socket.destroy()
    return true
  }

  /** No further request after the one under way; at once where there is none. */
  endSoon(): void {
    this.lastAnswer = true
    this.ending = true
    if (!this.current) this.socket.destroy()
  }

  /** One more answer, which says so; an idle client may still send the request that it has begun. */
  drain(): void {
    this.lastAnswer = true
  }

  /** Node's parser starts over on this connection: nothing stands before it. */
  detached(): void {
    this.attended = false
    this.atBoundary = false
    this.lastAccepted = null
  }

  /** The client has gone, or was cut off. */
  gone(): void {
    this.closed = true
    const { current } = this
    this.current = null
    if (current && this.tunnel) this.closeTunnel(current)
    else if (current) this.pipeline.abandon(current)
    for (const { ctx } of this.waiting.splice(0)) {
      this.pipeline.refuse(ctx, 'CLIENT_GONE')
    }
    for (const receiver of this.knownTo) receiver.forget(this)
    this.knownTo.clear()
  }

  /** The log has run for the request under way: its successor may start. */
  done(ctx: RequestContext): void {
    if (this.current !== ctx) return
    this.current = null
    this.response = null
    if (ctx.response.fromCache && this.frontDoor && !this.attended) {
      this.attended = true
      // Not now: node's parser may be in the middle of this very chunk.
      setImmediate(this.attend)
    }
    if (this.starting || this.waiting.length === 0) return
    // A loop, since a cached answer is done before `begin` returns: many of them must not pile up on the stack.
    this.starting = true
    for (let next = this.waiting.shift(); next; next = this.busy ? undefined : this.waiting.shift()) {
      if (this.waiting.length === PIPELINE_LIMIT - 1) this.socket.resume()
      this.begin(next.ctx, next.response, this.ending ? 'CLIENT_GONE' : next.error)
    }
    this.starting = false
  }

  // --- ResponseWriter

  send(ctx: RequestContext): 'CONTINUE' | 'PENDING' {
    const { response } = ctx
    const { socket } = this
    if (this.closed || ctx !== this.current) return 'CONTINUE'
    if (response.reset) {
      this.ending = true
      resetSocket(socket)
      return 'CONTINUE'
    }
    // Who has sent more already gets all of it.
    if (!ctx.keepAlive || response.close || (this.lastAnswer && this.waiting.length === 0)) this.ending = true
    const own = response.raw ?? this.compose(ctx)
    const bytes = this.adapted(ctx, own)
    if (this.throttle !== null) return this.sendThrottled(ctx, bytes, this.throttle)
    ctx.bytesSent += bytes.length
    const room = typeof bytes === 'string' ? socket.write(bytes, 'latin1') : socket.write(bytes)
    if (!room) this.limits.full(this, ctx)
    if (!response.stream) {
      this.complete(ctx)
      return 'CONTINUE'
    }
    response.stream.consumed(own.length)
    if (ctx.upgrade) this.becomeTunnel(response.status)
    response.stream.pipe(new StreamedResponse(ctx, socket, this.onStreamed, this.onFull))
    return 'PENDING'
  }

  inform(ctx: RequestContext, bytes: string): void {
    this.continued = true
    if (!this.closed && ctx === this.current) this.socket.write(bytes, 'latin1')
  }

  /** What is said on the way out: that the connection ends, and that the site wants TLS from now on. */
  private adapted(ctx: RequestContext, own: Bytes): Bytes {
    let bytes = own
    if (this.encrypted && ctx.site?.config.hsts.enabled) bytes = withHsts(bytes, ctx.site.config.hsts)
    if (this.lastAnswer && this.ending && ctx.response.raw !== null && !ctx.upgrade) bytes = sayClose(bytes)
    return bytes
  }

  /** What a stage has set may be impossible to send; its client shall not wait for it. */
  private compose(ctx: RequestContext): Buffer {
    try {
      return composeResponse(ctx, !this.ending, ctx.receivedAt)
    } catch (error) {
      this.ending = true
      this.socket.destroy()
      throw error
    }
  }

  /** As `send`, at the pace of a bandwidth limit. */
  private sendThrottled(ctx: RequestContext, bytes: Bytes, throttle: Throttle): 'PENDING' {
    const { stream, status } = ctx.response
    const sink = new ThrottledResponse(ctx, this.socket, throttle, this.onStreamed, this.onFull)
    if (ctx.upgrade) this.becomeTunnel(status)
    sink.write(bytes)
    if (stream) stream.pipe(sink)
    else sink.end()
    return 'PENDING'
  }

  private becomeTunnel(status: number): void {
    this.tunnel = status === 101
    // An answer to something that is not HTTP any more may leave when it likes.
    if (this.tunnel) this.socket.setTimeout(0)
    this.onTunnel?.()
  }

  private readonly onFull = (ctx: RequestContext): void => {
    this.limits.full(this, ctx)
  }

  private readonly attend = (): void => {
    if (!this.closed) this.frontDoor?.attend(this)
  }

  private begin(ctx: RequestContext, response: ServerResponse | null, error: ErrorCode | null): void {
    this.current = ctx
    this.response = response
    this.continued = false
    if (error) this.pipeline.refuse(ctx, error)
    else this.pipeline.run(ctx)
  }

  private readonly onStreamed = (ctx: RequestContext, complete: boolean): void => {
    if (this.tunnel && !this.closed) this.cutTunnel()
    else if (complete && !this.closed) this.complete(ctx)
    else if (!this.closed) {
      // Half a response must not look like a whole one.
      this.ending = true
      resetSocket(this.socket)
    }
    ctx.resume('CONTINUE')
  }

  /** The application is done with it; what it had ended before still leaves. */
  private cutTunnel(): void {
    const { socket } = this
    if (!socket.writableEnded || socket.writableFinished) socket.destroy()
    else {
      socket.destroySoon()
      this.linger()
    }
  }

  /** The socket has closed. That is how tunnels end: only one that broke is logged as cut. */
  private closeTunnel(ctx: RequestContext): void {
    if (!this.socket.readableEnded) {
      this.pipeline.abandon(ctx)
      return
    }
    ctx.response.stream?.cancel()
    ctx.resume('CONTINUE')
  }

  /** The last byte is with the socket: node goes on with the connection, or it ends. */
  private complete(ctx: RequestContext): void {
    if (ctx.response.close) this.ending = true
    if (this.response) finishNodeResponse(this.response)
    if (!this.ending) return
    if (this.response === null || (ctx.incoming && !ctx.incoming.complete)) this.linger()
    else this.socket.destroySoon()
  }

  /**
   * Closes our half and reads on for a while: a connection closed over unread data is reset, and the reset would take the
   * answer away from a client that is still sending (RFC 9112 section 9.6).
   */
  private linger(): void {
    const { socket } = this
    socket.end()
    socket.resume()
    const timer = setTimeout(() => {
      socket.destroy()
    }, LINGER)
    timer.unref()
    socket.once('close', () => {
      clearTimeout(timer)
    })
  }
}
