/** Sees to it that a pool whose startMode is AlwaysRunning has a worker, without starting a broken one again and again. */
import type { Clock } from '../clock.js'

/** Longest pause between two starts that nobody has asked for, in milliseconds. */
const LONGEST_PAUSE = 60_000

/**
 * Milliseconds until the next worker is started: none, unless the last ones have ended before they were ready.
 *
 * @param failedStarts - how many have, one after the other
 */
export const pauseBeforeRestart = (failedStarts: number): number =>
  failedStarts === 0 ? 0 : Math.min(1000 * 2 ** (failedStarts - 1), LONGEST_PAUSE)

export interface AlwaysRunningOptions {
  readonly clock: Clock
  /** Whether there ought to be a worker and is none. */
  readonly missing: () => boolean
  /** Answers whether one could be started. */
  readonly start: () => boolean
}

export class AlwaysRunning {
  private readonly options: AlwaysRunningOptions
  private failedStarts = 0
  private cancel: (() => void) | null = null

  constructor(options: AlwaysRunningOptions) {
    this.options = options
  }

  /** A worker has ended before it was ready. */
  startFailed(): void {
    this.failedStarts++
  }

  startSucceeded(): void {
    this.failedStarts = 0
  }

  /** Starts a worker if one is missing, now or after the pause. */
  look(pause = pauseBeforeRestart(this.failedStarts)): void {
    const { clock, missing, start } = this.options
    if (this.cancel || !missing() || (pause === 0 && start())) return
    this.cancel = clock.after(pause || LONGEST_PAUSE, () => {
      this.cancel = null
      this.look(0)
    })
  }

  /** Nothing is missing any more: the pool is stopped. */
  stop(): void {
    this.cancel?.()
    this.cancel = null
    this.failedStarts = 0
  }
}
