/** A request that a worker has, with whatever of it is still on the move. */
import type { ErrorCode } from '../errors.js'
import type { RequestContext } from '../pipeline/request-context.js'
import type { ExchangeTable } from './exchange-table.js'
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

/** When the oldest of them came in, milliseconds since the epoch; undefined without any. Tunnels do not count. */
export const oldestOf = (exchanges: ExchangeTable<TakenRequest>): number | undefined => {
  let oldest: number | undefined
  for (const exchange of exchanges.inUse()) {
    const taken = exchanges.get(exchange)
    const since = taken?.tunnel === true ? undefined : taken?.ctx.receivedAt
    if (since !== undefined && (oldest === undefined || since < oldest)) oldest = since
  }
  return oldest
}

/** Requests of a worker that has ended go to the queue once more; who cannot fails with `code`. */
export const giveBackAll = (requests: RequestContext[], code: ErrorCode): void => {
  // Each goes before all others: the one that came first is the last to go back.
  requests.sort((one, other) => one.receivedAt - other.receivedAt)
  for (const ctx of requests.reverse()) {
    ctx.receiver = null
    ctx.exchange = 0
    if (!ctx.retry()) ctx.fail(code)
  }
}
