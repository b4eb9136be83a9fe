/** In a listener process: its lane to the server, which says why a request ends where the listener has put an end to it. */
import type { ErrorCode, RequestContext } from '../../core/index.js'
import type { Batch } from '../../core/contract/messages.js'
import type { ServerEvent } from '../../core/contract/events.js'
import { WorkerReceiver } from '../../core/handover/worker-receiver.js'
import { RequestQueue } from '../../core/queue/request-queue.js'
import { CUT } from './messages.js'

/** What the server finds out by itself. */
const PLAIN: ReadonlySet<ErrorCode> = new Set(['CLIENT_GONE', 'RESPONSE_CUT'])

export class ServerLane extends WorkerReceiver {
  private readonly underWay = new Map<number, RequestContext>()

  constructor(post: (batch: Batch) => void, event: (event: ServerEvent) => void) {
    super({
      queue: new RequestQueue('server', 0),
      credits: Infinity,
      post,
      observer: {
        ready: () => undefined,
        drained: () => undefined,
        applicationFailed: () => undefined,
        pong: () => undefined,
        event,
        illFormed: (what) => {
          throw new Error(`The server sent something that is no message: ${what}`)
        },
      },
      settingsOf: () => {
        throw new Error('A listener process introduces no applications')
      },
    })
  }

  override send(ctx: RequestContext): void {
    super.send(ctx)
    this.underWay.set(ctx.exchange, ctx)
  }

  /** A limit may have cut the connection: that stands in the log, and not that the client has gone. */
  override abort(exchange: number): void {
    const error = this.underWay.get(exchange)?.error ?? null
    if (error !== null && !PLAIN.has(error)) this.tell([CUT, exchange, error])
    super.abort(exchange)
  }

  /** The request of an exchange, until its log has run. */
  request(exchange: number): RequestContext | undefined {
    return this.underWay.get(exchange)
  }

  /** The log of a request has run. */
  over(ctx: RequestContext): void {
    if (this.underWay.get(ctx.exchange) === ctx) this.underWay.delete(ctx.exchange)
  }
}
