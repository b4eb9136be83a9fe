/** A worker's end of a queue: takes requests as long as it has credits. */
import type { RequestContext } from '../pipeline/request-context.js'
import type { Connection } from './connection.js'

/** A worker's end of a request queue: what a balancing function chooses between. */
export interface Receiver {
  /** Number of the worker that it belongs to. */
  readonly worker?: number
  /** Requests it will take before it must give one back. */
  readonly credits: number
  /** Requests it has taken and not finished. */
  readonly executing: number
  /** Claims one credit for this request; the dispatch stage then hands it over with `send`. */
  take(ctx: RequestContext): void
  /** Sends a taken request to the worker. The response comes by `ctx.resume` or `ctx.fail`. */
  send(ctx: RequestContext): void
  /** A request that was taken ends without the worker's answer: gives the credit back, tells the worker if it has it. */
  cancel(ctx: RequestContext): void
  /** The connection has closed. */
  forget(connection: Connection): void
}
