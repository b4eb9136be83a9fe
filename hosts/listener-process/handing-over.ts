/** In a listener process: hands requests to the server, as the server hands them to workers, and knows who logs them. */
import type { Application, RequestContext, Stage } from '../../core/index.js'
import type { ServerEvent } from '../../core/contract/events.js'
import type { Batch } from '../../core/contract/messages.js'
import { WorkerReceiver } from '../../core/handover/worker-receiver.js'
import { RequestQueue } from '../../core/queue/request-queue.js'
import { INTERRUPT } from './messages.js'
import type { RecordCollector } from './records.js'

export interface HandingOverOptions {
  readonly post: (batch: Batch) => void
  readonly event: (event: ServerEvent) => void
  readonly records: RecordCollector
}

/** The server alone routes: to a process all is one application. */
const ALL = { id: 0 } as Application

export class HandingOver {
  private readonly receiver: WorkerReceiver
  private readonly records: RecordCollector
  /** A request that the listener has put an end to, and whose error is not known yet. */
  private interrupted: RequestContext | null = null

  constructor({ post, event, records }: HandingOverOptions) {
    this.records = records
    this.receiver = new WorkerReceiver({
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
    this.receiver.knows(ALL)
  }

  /** A batch from the server. */
  receive(batch: Batch): void {
    this.receiver.receive(batch)
  }

  /** In slot `dispatch`. The server reads the request anew, as the client has sent it. */
  readonly dispatch: Stage = {
    run: (ctx) => {
      const { url, application } = ctx
      ctx.application = ALL
      ctx.receiver = this.receiver
      this.receiver.take(ctx)
      ctx.url = ctx.target
      this.receiver.send(ctx)
      ctx.url = url
      ctx.application = application
      return 'PENDING'
    },
    cancel: (ctx) => {
      if (ctx.connection.closed) this.receiver.cancel(ctx)
      else this.interrupted = ctx
    },
  }

  /** In slot `log`. What the server has had is logged there; of all else it gets a record. */
  readonly log: Stage = {
    run: (ctx) => {
      if (ctx.exchange === 0) this.records.add(ctx)
      else if (ctx === this.interrupted) {
        this.interrupted = null
        this.receiver.tell([INTERRUPT, ctx.exchange, ctx.error ?? 'INTERNAL'])
        this.receiver.cancel(ctx)
      }
      return 'CONTINUE'
    },
  }
}
