/** A request that a worker has, with whatever of it is still on the move. */
import type { RequestContext } from '../pipeline/request-context.js'
import type { RequestBody } from './request-body.js'
import type { ResponseParts } from './response-parts.js'

export class TakenRequest {
  readonly ctx: RequestContext
  body: RequestBody | null = null
  stream: ResponseParts | null = null
  /** The client got an informational response (1xx) of the worker. */
  informed = false

  /** The protocol has changed: it holds no credit any more, and ends when both sides have closed. */
  tunnel = false

  constructor(ctx: RequestContext) {
    this.ctx = ctx
  }

  /**
   * Whether another worker may be given it, once: its method is safe (RFC 9110 section 9.2.1), there is no body that the
   * first has read, and the client has not got one byte of an answer.
   */
  get isSafeToRetry(): boolean {
    const { method, incoming, upgrade, retried, connection } = this.ctx
    if (method !== 'GET' && method !== 'HEAD') return false
    return !incoming && !upgrade && !retried && !this.stream && !this.informed && !connection.closed
  }
}
