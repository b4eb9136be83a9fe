/** Gives a pool that rapid-fail protection has disabled another chance after a growing pause: half open, like a circuit breaker. */
import type { Clock } from '../clock.js'

export interface SelfHealingSettings {
  readonly enabled: boolean
  /** Milliseconds. */
  readonly firstPause: number
  readonly longestPause: number
}

/** The pause before the next trial, in milliseconds. @param last - the one before, 0 where there was none */
export const nextPause = (last: number, { firstPause, longestPause }: SelfHealingSettings): number =>
  Math.min(last === 0 ? firstPause : last * 2, longestPause)

export interface SelfHealingOptions {
  readonly clock: Clock
  readonly settings: () => SelfHealingSettings
  /** Milliseconds that a trial worker must live until the pool counts as well (rapidFailProtectionInterval). */
  readonly interval: () => number
  readonly onTrial: () => void
  readonly onHealthy: () => void
}

export class SelfHealing {
  /** Whether the pool is on trial: one worker at most, and its first failure ends it. */
  onTrial = false
  private readonly options: SelfHealingOptions
  private pause = 0
  private cancel: () => void = () => undefined

  constructor(options: SelfHealingOptions) {
    this.options = options
  }

  /** The pool has been disabled. Answers after how many milliseconds it is tried again; 0 is never. */
  disabled(): number {
    const { clock, settings, onTrial } = this.options
    this.cancel()
    this.onTrial = false
    const current = settings()
    if (!current.enabled) return 0
    this.pause = nextPause(this.pause, current)
    this.cancel = clock.after(this.pause, () => {
      this.onTrial = true
      onTrial()
    })
    return this.pause
  }

  /** The trial worker is ready, and has to stay so. */
  ready(): void {
    const { clock, interval, onHealthy } = this.options
    this.cancel()
    this.cancel = clock.after(interval(), () => {
      this.forget()
      onHealthy()
    })
  }

  /** Somebody has decided by hand, or the pool is well: no trial comes, none is under way, the next pause is the first. */
  forget(): void {
    this.cancel()
    this.onTrial = false
    this.pause = 0
  }
}
