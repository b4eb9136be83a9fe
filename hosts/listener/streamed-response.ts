/** Sends the parts of a streamed response to the client's socket, no faster than the client reads. */
import type { Socket } from 'node:net'
import type { Bytes, RequestContext } from '../../core/index.js'
import type { ResponseSink } from '../../core/contract/response.js'

export class StreamedResponse implements ResponseSink {
  private readonly ctx: RequestContext
  private readonly socket: Socket
  private readonly onEnd: (ctx: RequestContext, complete: boolean) => void
  private readonly onFull: (ctx: RequestContext) => void
  /** Written while the socket was full: acknowledged when it has drained. */
  private held = 0
  private gathering = false

  constructor(
    ctx: RequestContext,
    socket: Socket,
    onEnd: (ctx: RequestContext, complete: boolean) => void,
    onFull: (ctx: RequestContext) => void,
  ) {
    this.onFull = onFull
    this.ctx = ctx
    this.socket = socket
    this.onEnd = onEnd
  }

  write(bytes: Bytes): void {
    const { length } = bytes
    this.ctx.bytesSent += length
    this.gather()
    const room = typeof bytes === 'string' ? this.socket.write(bytes, 'latin1') : this.socket.write(bytes)
    if (room && this.held === 0) {
      this.ctx.response.stream?.consumed(length)
      return
    }
    if (this.held === 0) {
      this.socket.once('drain', this.onDrain)
      this.onFull(this.ctx)
    }
    this.held += length
  }

  end(): void {
    this.settle(true)
  }

  fail(): void {
    this.settle(false)
  }

  /** The parts of one tick leave in one system call: the frame of a chunk and the chunk, say, which come as two. */
  private gather(): void {
    if (this.gathering) return
    this.gathering = true
    this.socket.cork()
    process.nextTick(this.onGathered)
  }

  private readonly onGathered = (): void => {
    this.gathering = false
    this.socket.uncork()
  }

  private readonly onDrain = (): void => {
    const bytes = this.held
    this.held = 0
    this.ctx.response.stream?.consumed(bytes)
  }

  private settle(complete: boolean): void {
    this.socket.off('drain', this.onDrain)
    this.onEnd(this.ctx, complete)
  }
}
