/**
 * Holds a request until its body has come, or as much of it as its application wants with the head (IIS:
 * serverRuntime.uploadReadAheadSize): a client that sends slowly waits by itself, and takes no place of the pool.
 */
import type { IncomingMessage } from 'node:http'
import type { RequestQueue } from '../queue/request-queue.js'
import type { Run } from './build.js'
import type { RequestContext } from './request-context.js'

/** Where a body comes byte by byte, its bytes are gathered in memory that grows from here. */
const SMALLEST = 256

/**
 * A house's own step between route and queue. Not held are bodies without a length, which may be one half of a conversation,
 * and those whose client waits to be told to go on: the application decides about that.
 */
export const readAhead: Run<RequestContext> = {
  name: 'readAhead',
  run: (ctx) => (ctx.incoming === null ? 'CONTINUE' : hold(ctx, ctx.incoming)),
  cancel: (ctx) => {
    ctx.readAhead?.cancel()
  },
}

const hold = (ctx: RequestContext, incoming: IncomingMessage): 'CONTINUE' | 'PENDING' => {
  const { application } = ctx
  if (application === null || ctx.expectsContinue) return 'CONTINUE'
  const length = Number(ctx.header('content-length') ?? 0)
  const wanted = Math.min(length, application.config.serverRuntime.uploadReadAheadSize)
  if (!(wanted > 0)) return 'CONTINUE'
  ctx.readAhead = new ReadAhead(ctx, incoming, wanted)
  return 'PENDING'
}

/** What was read stands in the stream again when the request goes on: whoever reads it finds it whole. */
export class ReadAhead {
  /** The request waits for its client. */
  isWaiting = true
  private readonly ctx: RequestContext
  private readonly incoming: IncomingMessage
  private readonly wanted: number
  private readonly queue: RequestQueue | null
  private gathered: Buffer | null = null
  private length = 0

  constructor(ctx: RequestContext, incoming: IncomingMessage, wanted: number) {
    this.ctx = ctx
    this.incoming = incoming
    this.wanted = wanted
    this.queue = ctx.queue
    incoming.on('readable', this.look)
  }

  /** The request does not go on. */
  cancel(): void {
    if (!this.isWaiting) return
    // For the log: whoever takes the request counts for himself.
    this.ctx.bodyBytes += this.length + this.incoming.readableLength
    this.gathered = null
    this.leave()
    this.discard()
  }

  /** No worker gets it: what still comes is thrown away, so that the connection can go on. */
  discard(): void {
    this.incoming.resume()
  }

  private readonly look = (): void => {
    const { incoming, ctx } = this
    if (this.length + incoming.readableLength < this.wanted) {
      this.gather()
      return
    }
    if (this.gathered !== null) {
      this.gather()
      incoming.unshift(this.gathered.subarray(0, this.length))
      this.gathered = null
    }
    this.leave()
    // Its application may have moved to another pool meanwhile.
    if (ctx.application !== null && ctx.queue === this.queue) ctx.queue = ctx.application.queue
    ctx.resume('CONTINUE')
  }

  private leave(): void {
    this.isWaiting = false
    this.incoming.off('readable', this.look)
  }

  /** Out of the stream, which stops to read when it holds some, and keeps each packet as an object of its own. */
  private gather(): void {
    const chunk = this.incoming.read() as Buffer | null
    if (chunk === null) return
    const length = this.length + chunk.length
    if (this.gathered === null || this.gathered.length < length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(SMALLEST, length, Math.min(2 * length, this.wanted)))
      this.gathered?.copy(larger, 0, 0, this.length)
      this.gathered = larger
    }
    chunk.copy(this.gathered, this.length)
    this.length = length
  }
}
