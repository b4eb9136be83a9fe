/** The engine: walks a request along the steps of a table, synchronously until a step answers `PENDING` or with a promise. */
import type { SettledOutcome } from '../contract/stage.js'
import type { Step } from './build.js'

/** What the engine keeps on the request that it walks. */
export interface Walked {
  /** Name of the state it is in; `done` at the end. */
  state: string
  /** Index of the step at which it stands. */
  step: number
  /** That step is under way. */
  pending: boolean
}

/**
 * For each request exactly one walk from the first step to the last; only one step of a request is ever under way. Who
 * extends it says what errors and the end mean.
 */
export abstract class Runner<C extends Walked> {
  protected readonly steps: readonly Step<C>[]

  constructor(steps: readonly Step<C>[]) {
    this.steps = steps
  }

  /** A pending step is done. Ignored where the request has gone on without it. */
  resume(ctx: C, outcome: SettledOutcome): void {
    const step = this.steps[ctx.step]
    if (!ctx.pending || !step) return
    ctx.pending = false
    this.walk(ctx, this.follow(ctx, step, outcome))
  }

  /** What an error in a step leads to: the index at which the walk goes on. */
  protected abstract failed(ctx: C, step: Step<C>, error: unknown): number

  /** Tells an error that cannot lead anywhere any more. */
  protected abstract report(ctx: C, step: Step<C>, error: unknown, what: string): void

  /** The last step is behind it. */
  protected abstract done(ctx: C): void

  protected walk(ctx: C, from: number): void {
    const { steps } = this
    const walked: Walked = ctx
    let index = from
    while (index < steps.length) {
      const step = steps[index] as Step<C>
      walked.state = step.state
      walked.step = index
      // Pending from the start: a step may be resumed while it is still running.
      walked.pending = true
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
    walked.state = 'done'
    this.done(ctx)
  }

  /** The step lets go of the request, and cannot keep it from going on. */
  protected cancel(ctx: C, step: Step<C>, what: string): void {
    try {
      step.cancel?.(ctx)
    } catch (error) {
      this.report(ctx, step, error, what)
    }
  }

  private await(ctx: C, index: number, outcome: Promise<SettledOutcome>): void {
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

  /** Whether the request still waits at this step: a client that went away has taken it further. */
  private isAt(ctx: C, index: number): boolean {
    return ctx.pending && ctx.step === index
  }

  /** Where an outcome leads; one that is none is an error, since "answered nothing" must not mean "go on". */
  private follow(ctx: C, step: Step<C>, outcome: unknown): number {
    if (outcome === 'CONTINUE') return step.next
    if (outcome === 'FINISH') return step.finish
    const message = `${step.state} must answer CONTINUE or FINISH (a stage may answer PENDING), not ${String(outcome)}`
    return this.failed(ctx, step, new TypeError(message))
  }
}
