/** The listener's runner: from `validate` to `done`; the log runs exactly once, whatever happens. */
import type { Clock } from '../clock.js'
import type { EventLog } from '../contract/events.js'
import type { RequestFollower } from '../contract/follower.js'
import { RequestError, errorTable, type ErrorCode } from '../errors.js'
import type { Step } from './build.js'
import { DetachedConnection, discardingWriter } from './detached.js'
import { setClientGone, setErrorResponse } from './finish.js'
import { listenerSteps, type Chains, type Door } from './listener-steps.js'
import { RequestContext } from './request-context.js'
import { Runner } from './runner.js'

export class Pipeline extends Runner<RequestContext> {
  /** Told when the log has run: the connection may go on to its next request. */
  onDone: (ctx: RequestContext) => void = () => undefined
  /** The listener puts its own `admit` here. */
  readonly door: Door
  private readonly respondAt: number
  private readonly logAt: number
  private readonly routeAt: number
  private readonly queueAt: number
  private readonly events: EventLog
  private readonly clock: Clock
  private readonly chains: Chains
  private unattended: Pipeline | null = null

  constructor(chains: Chains, events: EventLog, clock: Clock, door: Door = { admit: () => null }) {
    super(listenerSteps(chains, clock, door))
    this.door = door
    this.chains = chains
    this.clock = clock
    this.respondAt = this.firstOf('respond')
    this.routeAt = this.firstOf('route')
    this.queueAt = this.firstOf('queue')
    this.logAt = this.firstOf('log')
    this.events = events
  }

  private firstOf(name: string): number {
    return this.steps.findIndex(({ state }) => state === name)
  }

  /** Starts a request on its way. */
  run(ctx: RequestContext): void {
    this.walk(ctx, 0)
  }

  /** Whether `tryCached` can be asked: nothing but repeatable stages stands before the route. */
  get canTryCached(): boolean {
    return this.steps.slice(0, this.routeAt).every(({ repeatable }) => repeatable)
  }

  /**
   * Runs the stages before the route; if one of them has the response, sends and logs it and answers true. Otherwise
   * nothing has happened, and the request must come again by `run`.
   */
  tryCached(ctx: RequestContext): boolean {
    for (let index = 0; index < this.routeAt; index++) {
      const step = this.steps[index] as Step<RequestContext>
      ctx.state = step.state
      ctx.step = index
      try {
        if ((step.peek ?? step.run)(ctx) === 'FINISH') {
          this.walk(ctx, step.finish)
          return true
        }
      } catch {
        return false
      }
    }
    return false
  }

  /** A request of a stage's own for the URL of `ctx`, without a client: from the route on, and not logged. */
  askAgain(ctx: RequestContext, rawHeaders: readonly string[], follower: RequestFollower): void {
    const pipeline = (this.unattended ??= this.withoutClients())
    const connection = new DetachedConnection(ctx.connection)
    const own = new RequestContext(
      pipeline,
      connection,
      discardingWriter,
      'GET',
      ctx.target,
      '1.1',
      rawHeaders,
      null,
      true,
      false,
      this.clock.now(),
    )
    own.host = ctx.host
    own.path = ctx.path
    own.query = ctx.query
    own.url = ctx.url
    own.follower = follower
    pipeline.walk(own, pipeline.routeAt)
  }

  private withoutClients(): Pipeline {
    const pipeline = new Pipeline({ ...this.chains, log: [] }, this.events, this.clock)
    pipeline.onDone = ({ connection }) => {
      ;(connection as DetachedConnection).gone()
    }
    return pipeline
  }

  /** A pending stage has failed. */
  fail(ctx: RequestContext, code: ErrorCode, cause?: unknown): void {
    const step = this.steps[ctx.step]
    if (!ctx.pending || !step) return
    ctx.pending = false
    this.walk(ctx, this.failed(ctx, step, new RequestError(code, { cause })))
  }

  /** A pending stage has the request answered with an error, whatever its own errors mean. */
  refusePending(ctx: RequestContext, code: ErrorCode): void {
    if (!ctx.pending) return
    ctx.pending = false
    setErrorResponse(ctx, code)
    this.walk(ctx, this.respondAt)
  }

  /** Back from a pending dispatch to the queue. Answers false, and does nothing, where the request is elsewhere. */
  retry(ctx: RequestContext): boolean {
    if (!ctx.pending || ctx.state !== 'dispatch' || this.queueAt < 0) return false
    ctx.pending = false
    ctx.retried = true
    this.walk(ctx, this.queueAt)
    return true
  }

  /** A request that never gets as far as the first stage: it is answered with an error, and logged. */
  refuse(ctx: RequestContext, code: ErrorCode): void {
    setErrorResponse(ctx, code)
    this.walk(ctx, errorTable[code].status === 0 ? this.logAt : this.respondAt)
  }

  /** A request that has come to its end elsewhere, with all that the logs ask for set: only they see it. */
  record(ctx: RequestContext): void {
    // The first step of the state sets when it was completed.
    this.walk(ctx, this.logAt + 1)
  }

  /**
   * Something outside the stages puts an end to a request that has no response yet: a broken body, a time limit. Answers
   * false where the response has begun.
   */
  interrupt(ctx: RequestContext, code: ErrorCode): boolean {
    const step = this.steps[ctx.step]
    if (!ctx.pending || step?.onError !== 'answer') return false
    this.cancel(ctx, step, consequence.report)
    this.fail(ctx, code)
    return true
  }

  /** The client has closed its connection: the stage that holds the request lets go, and only the log is left. */
  abandon(ctx: RequestContext): void {
    const step = this.steps[ctx.step]
    if (!ctx.pending || !step || ctx.state === 'log') return
    ctx.pending = false
    setClientGone(ctx)
    this.cancel(ctx, step, consequence.report)
    this.walk(ctx, this.logAt)
  }

  protected failed(ctx: RequestContext, step: Step<RequestContext>, error: unknown): number {
    const known = error instanceof RequestError
    if (!known) this.report(ctx, step, error, consequence[step.onError])
    switch (step.onError) {
      case 'report':
        return step.next
      case 'end':
        ctx.error ??= 'INTERNAL'
        return this.logAt
      case 'answer':
        ctx.cause = known ? error.cause : error
        if (ctx.follower?.rescue(ctx, known ? error.code : 'INTERNAL')) return this.respondAt
        setErrorResponse(ctx, known ? error.code : 'INTERNAL')
        return this.respondAt
    }
  }

  protected done(ctx: RequestContext): void {
    // Taken for a worker that never got it: a stage between queue and dispatch has put an end to it.
    if (ctx.exchange === 0) ctx.receiver?.cancel(ctx)
    this.onDone(ctx)
    if (ctx.follower !== null) ctx.follower.done(ctx)
  }

  protected report(ctx: RequestContext, step: Step<RequestContext>, error: unknown, what: string): void {
    this.events.write({
      id: 0,
      level: 'error',
      source: 'module',
      text: `Module "${step.name}" failed in the ${step.state} state; ${what}.`,
      facts: {
        module: step.name,
        state: step.state,
        method: ctx.method,
        target: ctx.target.slice(0, 256),
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      },
    })
  }
}

const consequence = {
  answer: 'this one request was answered with an error',
  report: 'the request went on without it',
  end: 'this one response was cut',
}
