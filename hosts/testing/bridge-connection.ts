/** One client connection of a bridge: its requests one after the other, as the listener takes them. */
import type { Socket } from 'node:net'
import type { RequestContext } from '../../core/index.js'
import type { Pipeline } from '../../core/pipeline/pipeline.js'
import { PlainConnection } from '../../core/pipeline/plain-connection.js'

const known = new WeakMap<Pipeline, WeakMap<Socket, BridgeConnection>>()
let lastId = 0

export class BridgeConnection extends PlainConnection {
  private readonly pipeline: Pipeline
  private current: RequestContext | null = null
  private readonly waiting: RequestContext[] = []

  /** The connection on `socket`, made when its first request comes. */
  static of(socket: Socket, pipeline: Pipeline): BridgeConnection {
    let connections = known.get(pipeline)
    if (!connections) known.set(pipeline, (connections = new WeakMap()))
    let connection = connections.get(socket)
    if (!connection) connections.set(socket, (connection = new BridgeConnection(socket, pipeline)))
    return connection
  }

  private constructor(socket: Socket, pipeline: Pipeline) {
    super(++lastId, {
      remoteAddress: socket.remoteAddress ?? '',
      remotePort: socket.remotePort ?? 0,
      localAddress: socket.localAddress ?? '',
      localPort: socket.localPort ?? 0,
      encrypted: 'encrypted' in socket && socket.encrypted === true,
    })
    this.pipeline = pipeline
    socket.once('close', () => {
      this.gone()
    })
  }

  accept(ctx: RequestContext): void {
    if (this.current) this.waiting.push(ctx)
    else this.begin(ctx)
  }

  /** The client did not wait for this response. */
  abandon(ctx: RequestContext): void {
    const index = this.waiting.indexOf(ctx)
    if (index >= 0) this.waiting.splice(index, 1)
    else this.pipeline.abandon(ctx)
  }

  /** The response is with the client's connection: the next request on it may start. */
  done(ctx: RequestContext): void {
    if (this.current !== ctx) return
    this.current = null
    const next = this.waiting.shift()
    if (next) this.begin(next)
  }

  private begin(ctx: RequestContext): void {
    this.current = ctx
    this.pipeline.run(ctx)
  }

  override gone(): void {
    this.closed = true
    this.waiting.length = 0
    if (this.current) this.pipeline.abandon(this.current)
    super.gone()
  }
}
