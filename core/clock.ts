/** The one source of time, passed in wherever time decides something, so that tests can turn the hands. */
export interface Clock {
  /** Milliseconds of wall-clock time since the epoch. */
  now(): number
  /** Calls `callback` once after `ms` milliseconds; never keeps the process alive by itself. Returns its canceller. */
  after(ms: number, callback: () => void): () => void
}

/** Node's own timers accept at most this many milliseconds; a longer delay would fire at once. */
export const LONGEST_TIMER = 2_147_483_647

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER))
    timer.unref()
    return () => {
      clearTimeout(timer)
    }
  },
}

/** A clock that moves only when told to; timers fire in order of their time. */
export class ManualClock implements Clock {
  private time: number
  private readonly timers = new Set<{ at: number; callback: () => void }>()

  constructor(start = 0) {
    this.time = start
  }

  now(): number {
    return this.time
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms, callback }
    this.timers.add(timer)
    return () => this.timers.delete(timer)
  }

  /** Moves `ms` milliseconds on and fires what falls due, also what was set on the way. */
  advance(ms: number): void {
    const end = this.time + ms
    for (;;) {
      const due = [...this.timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) break
      this.timers.delete(due)
      this.time = due.at
      due.callback()
    }
    this.time = end
  }
}
