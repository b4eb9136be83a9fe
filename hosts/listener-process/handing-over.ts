/** In a listener process: hands requests to the server, as the server hands them to workers, and knows who logs them. */
import type { Application, RequestContext, Stage } from '../../core/index.js'
import { INTERRUPT } from './messages.js'
import type { RecordCollector } from './record-collector.js'
import type { ServerLane } from './server-lane.js'

/** The server alone routes: to a process all is one application. */
const ALL = { id: 0 } as Application

export class HandingOver {
  private readonly lane: ServerLane
  private readonly records: RecordCollector
  /** A request that the listener has put an end to, and whose error is not known yet. */
  private interrupted: RequestContext | null = null

  constructor(lane: ServerLane, records: RecordCollector) {
    this.lane = lane
    this.records = records
    lane.knows(ALL)
  }

  /** In slot `dispatch`. The server reads the request anew, as the client has sent it. */
  readonly dispatch: Stage = {
    run: (ctx) => {
      const { url, application } = ctx
      ctx.application = ALL
      ctx.receiver = this.lane
      this.lane.take(ctx)
      ctx.url = ctx.target
      this.lane.send(ctx)
      ctx.url = url
      ctx.application = application
      return 'PENDING'
    },
    cancel: (ctx) => {
      if (ctx.connection.closed) this.lane.cancel(ctx)
      else this.interrupted = ctx
    },
  }

  /** In slot `log`. What the server has had is logged there; of all else it gets a record. */
  readonly log: Stage = {
    run: (ctx) => {
      if (ctx.exchange === 0) {
        this.records.add(ctx)
        return 'CONTINUE'
      }
      if (ctx === this.interrupted) {
        this.interrupted = null
        this.lane.tell([INTERRUPT, ctx.exchange, ctx.error ?? 'INTERNAL'])
        this.lane.cancel(ctx)
      }
      this.lane.over(ctx)
      return 'CONTINUE'
    },
  }
}
