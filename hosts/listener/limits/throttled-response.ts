/** Sends one response to the client's socket as fast as its throttle lets it, and no faster than the client reads. */
import type { Socket } from 'node:net'
import type { Bytes, RequestContext } from '../../../core/index.js'
import type { ResponseSink } from '../../../core/contract/response.js'
import type { Throttle, Throttled } from './throttle.js'

/** More than so many bytes may not wait in the socket: its client does not read them. */
const ROOM = 65_536

export class ThrottledResponse implements ResponseSink, Throttled {
  pending = 0
  private readonly ctx: RequestContext
  private readonly socket: Socket
  private readonly throttle: Throttle
  private readonly onEnd: (ctx: RequestContext, complete: boolean) => void
  private readonly onFull: (ctx: RequestContext) => void
  private readonly parts: Buffer[] = []
  private ended = false
  private over = false

  constructor(
    ctx: RequestContext,
    socket: Socket,
    throttle: Throttle,
    onEnd: (ctx: RequestContext, complete: boolean) => void,
    onFull: (ctx: RequestContext) => void,
  ) {
    this.onFull = onFull
    this.ctx = ctx
    this.socket = socket
    this.throttle = throttle
    this.onEnd = onEnd
    socket.once('close', this.onClose)
  }

  get ready(): number {
    return Math.min(this.pending, Math.max(0, ROOM - this.socket.writableLength))
  }

  write(bytes: Bytes): void {
    if (this.over || bytes.length === 0) return
    const part =
      typeof bytes === 'string'
        ? Buffer.from(bytes, 'latin1')
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.parts.push(part)
    this.pending += part.length
    this.throttle.enter(this)
  }

  end(): void {
    this.ended = true
    if (this.pending === 0) this.settle(true)
  }

  fail(): void {
    this.settle(false)
  }

  release(most: number): number {
    const { socket, ctx } = this
    let left = Math.min(most, this.ready)
    const released = left
    while (left > 0) {
      const part = this.parts[0] as Buffer
      const now = part.length <= left ? part : part.subarray(0, left)
      if (now === part) this.parts.shift()
      else this.parts[0] = part.subarray(left)
      left -= now.length
      if (!socket.write(now)) this.onFull(ctx)
    }
    this.pending -= released
    ctx.bytesSent += released
    ctx.response.stream?.consumed(released)
    if (this.ended && this.pending === 0) this.settle(true)
    return released
  }

  private readonly onClose = (): void => {
    this.over = true
    this.pending = 0
    this.parts.length = 0
    this.throttle.leave(this)
  }

  private settle(complete: boolean): void {
    if (this.over) return
    this.socket.off('close', this.onClose)
    this.onClose()
    this.onEnd(this.ctx, complete)
  }
}
