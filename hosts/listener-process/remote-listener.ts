/** The server's end of one listener process: its requests walk the same pipeline as those of the server's own connections. */
import { RequestContext, type Clock, type ErrorCode, type RequestQueue } from '../../core/index.js'
import type { IncomingMessage } from 'node:http'
import { RequestFlags, ToListener, ToWorker, type Batch } from '../../core/contract/messages.js'
import { Outbox } from '../../core/handover/outbox.js'
import type { Pipeline } from '../../core/pipeline/pipeline.js'
import { CUT, INTERRUPT, type ToProcess } from './messages.js'
import { RemoteBody } from './remote-body.js'
import { RemoteConnection } from './remote-connection.js'
import { RemoteRequest } from './remote-request.js'

/** What all of the server's ends have in common. */
export interface ServerSide {
  /** For what clients ask. */
  readonly clients: Pipeline
  /** For what a cache asks by itself: nothing is logged of it. */
  readonly unattended: Pipeline
  /** A process keeps what workers of this queue have answered, for as long as they work. */
  readonly heed: (queue: RequestQueue) => void
}

/** Workers are told of connections by number: those of the server's own listener begin at 1. */
let lastConnectionId = 1_000_000_000

export class RemoteListener {
  private readonly side: ServerSide
  private readonly clock: Clock
  private readonly outbox: Outbox
  private readonly tell: (message: ToProcess) => void
  private readonly connections = new Map<number, RemoteConnection>()
  private readonly requests = new Map<number, RemoteRequest>()

  constructor(side: ServerSide, clock: Clock, tell: (message: ToProcess) => void) {
    this.side = side
    this.clock = clock
    this.tell = tell
    this.outbox = new Outbox((batch: Batch) => {
      tell({ kind: 'batch', batch })
    })
  }

  /** The requests that are on their way. */
  *underWay(): Generator<RequestContext> {
    for (const { ctx } of this.requests.values()) if (ctx) yield ctx
  }

  /** Reads one batch of the process. */
  receive(batch: Batch): void {
    let at = 0
    while (at < batch.length) {
      const id = batch[at + 1] as number
      const request = this.requests.get(id)
      switch (batch[at]) {
        case ToWorker.REQUEST:
          this.request(id, batch, at)
          at += 8
          break
        case ToWorker.RESPONSE_ACK:
          request?.acknowledge(batch[at + 2] as number)
          at += 3
          break
        case ToWorker.BODY:
          request?.body?.body(batch[at + 2] as Uint8Array)
          at += 3
          break
        case ToWorker.BODY_END:
          request?.body?.bodyEnd(batch[at + 2] as string)
          at += 3
          break
        case ToWorker.ABORT:
          request?.abort()
          at += 2
          break
        case INTERRUPT:
          if (request?.ctx && !request.pipeline.interrupt(request.ctx, batch[at + 2] as ErrorCode))
            request.abort()
          at += 3
          break
        case CUT:
          if (request?.ctx) request.ctx.error = batch[at + 2] as ErrorCode
          at += 3
          break
        case ToWorker.CONNECT:
          this.connect(id, batch, at)
          at += 7
          break
        case ToWorker.DISCONNECT:
          this.connections.get(id)?.gone()
          this.connections.delete(id)
          at += 2
          break
        default:
          throw new Error(`A listener process sent message kind ${String(batch[at])}`)
      }
    }
  }

  /** The process has ended, and with it the connections of its clients. */
  lose(): void {
    for (const request of [...this.requests.values()]) request.abort()
    for (const connection of this.connections.values()) connection.gone()
    this.connections.clear()
  }

  private connect(id: number, batch: Batch, at: number): void {
    const connection = new RemoteConnection(++lastConnectionId, {
      remoteAddress: batch[at + 2] as string,
      remotePort: batch[at + 3] as number,
      localAddress: batch[at + 4] as string,
      localPort: batch[at + 5] as number,
      encrypted: batch[at + 6] === 1,
    })
    connection.onSite = this.tellSite
    this.connections.set(id, connection)
  }

  private request(exchange: number, batch: Batch, at: number): void {
    const id = batch[at + 2] as number
    const connection = this.connections.get(id)
    if (!connection) return
    const flags = batch[at + 4] as number
    const repeats = (flags & RequestFlags.SAME_HEADERS) !== 0
    if (!repeats) {
      const headers = batch[at + 7] as string
      connection.headers = headers === '' ? [] : headers.split('\n')
    }
    // Below zero: nobody's, of a request that a cache makes by itself.
    const pipeline = id < 0 ? this.side.unattended : this.side.clients
    const upgrade = (flags & RequestFlags.UPGRADE) !== 0
    const body = upgrade || (flags & RequestFlags.HAS_BODY) !== 0 ? this.bodyOf(exchange) : null
    const request = new RemoteRequest(exchange, pipeline, body, this.outbox, this.forget, this.side.heed)
    const ctx = new RequestContext(
      pipeline,
      connection,
      request,
      batch[at + 5] as string,
      batch[at + 6] as string,
      (flags & RequestFlags.HTTP_1_0) !== 0 ? '1.0' : '1.1',
      connection.headers,
      upgrade ? null : (body as unknown as IncomingMessage | null),
      (flags & RequestFlags.KEEP_ALIVE) !== 0,
      (flags & RequestFlags.EXPECTS_CONTINUE) !== 0,
      this.clock.now(),
    )
    ctx.repeatsHeaders = repeats
    if (upgrade) ctx.upgrade = body
    request.ctx = ctx
    connection.exchange = exchange
    this.requests.set(exchange, request)
    pipeline.run(ctx)
  }

  private bodyOf(exchange: number): RemoteBody {
    return new RemoteBody(
      (bytes) => {
        if (this.requests.has(exchange)) this.outbox.open().push(ToListener.REQUEST_ACK, exchange, bytes)
      },
      () => {
        if (this.requests.has(exchange)) this.outbox.open().push(ToListener.TUNNEL_END, exchange)
      },
    )
  }

  private readonly tellSite = (site: string, exchange: number): void => {
    this.tell({ kind: 'site', exchange, site })
  }

  private readonly forget = (exchange: number): void => {
    this.requests.delete(exchange)
  }
}
