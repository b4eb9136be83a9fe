/** Sends one response to the client's socket at the pace of a throttle. */
import type { Socket } from 'node:net'
import type { RequestContext } from '../../../core/index.js'
import { PacedParts } from './paced-parts.js'
import type { Throttle } from './throttle.js'

export class ThrottledResponse extends PacedParts {
  private readonly ctx: RequestContext
  private readonly socket: Socket
  private readonly onEnd: (ctx: RequestContext, complete: boolean) => void
  private readonly onFull: (ctx: RequestContext) => void

  constructor(
    ctx: RequestContext,
    socket: Socket,
    throttle: Throttle,
    onEnd: (ctx: RequestContext, complete: boolean) => void,
    onFull: (ctx: RequestContext) => void,
  ) {
    super(throttle)
    this.onFull = onFull
    this.ctx = ctx
    this.socket = socket
    this.onEnd = onEnd
    socket.once('close', this.leave)
  }

  protected override get untaken(): number {
    return this.socket.writableLength
  }

  protected override send(part: Buffer): void {
    if (!this.socket.write(part)) this.onFull(this.ctx)
  }

  protected override sent(bytes: number): void {
    const { ctx } = this
    ctx.bytesSent += bytes
    ctx.response.stream?.consumed(bytes)
  }

  protected override settled(complete: boolean): void {
    this.socket.off('close', this.leave)
    this.onEnd(this.ctx, complete)
  }
}
