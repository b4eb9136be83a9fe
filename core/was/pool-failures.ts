/** What the failures of a pool's workers lead to: rapid-fail protection takes it out of service, self-healing tries it again. */
import type { Clock } from '../clock.js'
import type { PoolConfig } from '../contract/config.js'
import { wasEvents } from './events.js'
import type { History } from './history.js'
import { decideOnFailure } from './rapid-fail.js'
import { divideParameters, runAction } from './run-action.js'
import { SelfHealing } from './self-healing.js'

export interface PoolFailuresOptions {
  readonly clock: Clock
  readonly pool: () => PoolConfig
  readonly history: History
  /** The pool is to start one worker, and to take requests only when that is ready. */
  readonly onTrial: () => void
}

export class PoolFailures {
  private readonly options: PoolFailuresOptions
  private readonly healing: SelfHealing
  private failures: readonly number[] = []

  constructor(options: PoolFailuresOptions) {
    this.options = options
    const { clock, pool, history, onTrial } = options
    this.healing = new SelfHealing({
      clock,
      settings: () => pool().failure.selfHealing,
      interval: () => pool().failure.rapidFailProtectionInterval,
      onTrial,
      onHealthy: () => {
        this.failures = []
        history.report('healthy', 0, wasEvents.healthyAgain(pool().name))
      },
    })
  }

  /** Whether the pool has one worker at most, whose first failure disables it again. */
  get onTrial(): boolean {
    return this.healing.onTrial
  }

  /** A worker has failed. Answers whether that was once too often: the pool must be disabled, the rest is done. */
  failed(): boolean {
    const { clock, pool, history } = this.options
    const { name, failure } = pool()
    if (this.healing.onTrial) {
      history.report('disabled', 0, wasEvents.trialFailed(name, this.healing.disabled()))
      return true
    }
    const { failures, disable } = decideOnFailure(this.failures, clock.now(), failure)
    this.failures = failures
    if (!disable) return false
    const pause = this.healing.disabled()
    history.report(
      'disabled',
      0,
      wasEvents.disabledByFailures(name, failures.length, failure.rapidFailProtectionInterval, pause),
    )
    if (failure.autoShutdownExe === '') return true
    runAction(failure.autoShutdownExe, divideParameters(failure.autoShutdownParams), (error) => {
      history.report('failed', 0, wasEvents.actionFailed(name, failure.autoShutdownExe, error))
    })
    return true
  }

  /** The trial worker is ready. */
  trialReady(): void {
    this.healing.ready()
  }

  /** Somebody has started or stopped the pool by hand. */
  forget(): void {
    this.failures = []
    this.healing.forget()
  }
}
