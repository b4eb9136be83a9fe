/** The runner: walks a request along the steps, synchronously until a stage answers `PENDING` or with a promise. */
import type { EventLog } from '../contract/events.js'
import type { SettledOutcome } from '../contract/stage.js'
import type { Clock } from '../clock.js'
import { RequestError, errorTable, type ErrorCode } from '../errors.js'
import { buildSteps, type Chains, type Step } from './build.js'
import { setClientGone, setErrorResponse } from './finish.js'
import type { RequestContext } from './request-context.js'

/**
 * For each request exactly one walk from `validate` to `done`; the log runs exactly once, whatever happens. Only one
 * step of a request is ever under way.
 */
export class Pipeline {
  /** Told when the log has run: the connection may go on to its next request. */
  onDone: (ctx: RequestContext) => void = () => undefined
  private readonly steps: readonly Step[]
  private readonly respondAt: number
  private readonly logAt: number
  private readonly routeAt: number
  private readonly queueAt: number
  private readonly events: EventLog
  private readonly clock: Clock

  constructor(chains: Chains, events: EventLog, clock: Clock) {
    this.steps = buildSteps(chains)
    this.respondAt = this.steps.findIndex(({ state }) => state === 'respond')
    this.routeAt = this.steps.findIndex(({ state }) => state === 'route')
    this.queueAt = this.steps.findIndex(({ state }) => state === 'queue')
    const logAt = this.steps.findIndex(({ state }) => state === 'log')
    this.logAt = logAt < 0 ? this.steps.length : logAt
    this.events = events
    this.clock = clock
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
      const step = this.steps[index] as Step
      ctx.state = step.state
      ctx.step = index
      try {
        if (step.run(ctx) === 'FINISH') {
          this.walk(ctx, step.finish)
          return true
        }
      } catch {
        return false
      }
    }
    return false
  }

  /** A pending stage is done. Ignored where the request has gone on without it. */
  resume(ctx: RequestContext, outcome: SettledOutcome): void {
    const step = this.steps[ctx.step]
    if (!ctx.pending || !step) return
    ctx.pending = false
    this.walk(ctx, this.follow(ctx, step, outcome))
  }

  /** A pending stage has failed. */
  fail(ctx: RequestContext, code: ErrorCode, cause?: unknown): void {
    const step = this.steps[ctx.step]
    if (!ctx.pending || !step) return
    ctx.pending = false
    this.walk(ctx, this.failed(ctx, step, new RequestError(code, { cause })))
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

  /**
   * Something outside the stages puts an end to a request that has no response yet: a broken body, a time limit. Answers
   * false where the response has begun.
   */
  interrupt(ctx: RequestContext, code: ErrorCode): boolean {
    const step = this.steps[ctx.step]
    if (!ctx.pending || step?.onError !== 'answer') return false
    this.cancel(ctx, step)
    this.fail(ctx, code)
    return true
  }

  /** The client has closed its connection: the stage that holds the request lets go, and only the log is left. */
  abandon(ctx: RequestContext): void {
    const step = this.steps[ctx.step]
    if (!ctx.pending || !step || ctx.state === 'log') return
    ctx.pending = false
    setClientGone(ctx)
    this.cancel(ctx, step)
    this.walk(ctx, this.logAt)
  }

  private walk(ctx: RequestContext, from: number): void {
    const { steps } = this
    let index = from
    while (index < steps.length) {
      if (index === this.logAt) ctx.completedAt = this.clock.now()
      const step = steps[index] as Step
      ctx.state = step.state
      ctx.step = index
      // Pending from the start: a stage may be resumed while it is still running.
      ctx.pending = true
      let outcome
      try {
        outcome = step.run(ctx)
      } catch (error) {
        if (!this.isAt(ctx, index)) {
          this.report(ctx, step, error, 'the request had gone on already')
          return
        }
        ctx.pending = false
        index = this.failed(ctx, step, error)
        continue
      }
      if (outcome === 'PENDING') return
      if (typeof outcome === 'object') {
        this.await(ctx, index, outcome)
        return
      }
      if (!this.isAt(ctx, index)) return
      ctx.pending = false
      index = this.follow(ctx, step, outcome)
    }
    ctx.state = 'done'
    // Taken for a worker that never got it: a stage between queue and dispatch has put an end to it.
    if (ctx.exchange === 0) ctx.receiver?.cancel(ctx)
    this.onDone(ctx)
  }

  private await(ctx: RequestContext, index: number, outcome: Promise<SettledOutcome>): void {
    // Resolved once more: a module in plain JavaScript may have answered with an object that is no promise, or null.
    Promise.resolve(outcome).then(
      (settled) => {
        if (this.isAt(ctx, index)) this.resume(ctx, settled)
      },
      (error: unknown) => {
        const step = this.steps[index]
        if (!step || !this.isAt(ctx, index)) return
        ctx.pending = false
        this.walk(ctx, this.failed(ctx, step, error))
      },
    )
  }

  /** Whether the request still waits at this step: a client that went away has taken it to the log. */
  private isAt(ctx: RequestContext, index: number): boolean {
    return ctx.pending && ctx.step === index
  }

  /** Where an outcome leads; one that is none is an error, since "answered nothing" must not mean "go on". */
  private follow(ctx: RequestContext, step: Step, outcome: unknown): number {
    if (outcome === 'CONTINUE') return step.next
    if (outcome === 'FINISH') return step.finish
    const message = `A stage answers CONTINUE, FINISH or PENDING, not ${String(outcome)}`
    return this.failed(ctx, step, new TypeError(message))
  }

  /** The stage lets go of the request, and cannot keep it from going on. */
  private cancel(ctx: RequestContext, step: Step): void {
    try {
      step.cancel?.(ctx)
    } catch (error) {
      this.report(ctx, step, error, consequence.report)
    }
  }

  /** What an error in a step leads to: the index at which the walk goes on. */
  private failed(ctx: RequestContext, step: Step, error: unknown): number {
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
        setErrorResponse(ctx, known ? error.code : 'INTERNAL')
        return this.respondAt
    }
  }

  private report(ctx: RequestContext, step: Step, error: unknown, what: string): void {
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
