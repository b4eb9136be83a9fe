/** Carries one request's body from the client to the worker, no faster than the application reads it. */
import type { Readable } from 'node:stream'
import { WINDOW } from '../contract/messages.js'
import type { RequestContext } from '../pipeline/request-context.js'

/** Node's message, or the client's socket where the protocol changes. */
export type BodySource = Readable & { readonly rawTrailers?: readonly string[] }

/** Where the body goes. */
export interface BodyTarget {
  body(exchange: number, chunk: Buffer): void
  bodyEnd(exchange: number, rawTrailers: readonly string[]): void
  /** It is longer than the application's requestFiltering allows. */
  bodyTooLong(exchange: number): void
}

const NO_TRAILERS: readonly string[] = []

export class RequestBody {
  private readonly incoming: BodySource
  private readonly exchange: number
  private readonly target: BodyTarget
  private readonly ctx: RequestContext
  private unacknowledged = 0
  private readonly longest: number

  constructor(ctx: RequestContext, incoming: BodySource, exchange: number, target: BodyTarget) {
    this.ctx = ctx
    this.incoming = incoming
    this.exchange = exchange
    this.target = target
    // After an upgrade it is no body any more.
    this.longest = ctx.upgrade ? Infinity : (ctx.application?.filter?.maxContentLength ?? Infinity)
    incoming.on('data', this.onData)
    incoming.on('end', this.onEnd)
  }

  /** So many bytes were read by the application. */
  acknowledge(bytes: number): void {
    this.unacknowledged -= bytes
    if (this.unacknowledged < WINDOW / 2 && this.incoming.isPaused()) this.incoming.resume()
  }

  /** Nobody reads it any more: what still comes is thrown away, so that the connection can go on. */
  discard(): void {
    this.incoming.off('data', this.onData)
    this.incoming.off('end', this.onEnd)
    this.incoming.resume()
  }

  private readonly onData = (chunk: Buffer): void => {
    this.unacknowledged += chunk.length
    this.ctx.bodyBytes += chunk.length
    if (this.ctx.bodyBytes > this.longest) {
      this.target.bodyTooLong(this.exchange)
      return
    }
    if (this.unacknowledged >= WINDOW) this.incoming.pause()
    this.target.body(this.exchange, chunk)
  }

  private readonly onEnd = (): void => {
    this.target.bodyEnd(this.exchange, this.incoming.rawTrailers ?? NO_TRAILERS)
  }
}
