/** Finds out that one worker has nothing to do: looks at it now and then, so that no request pays for it. */
import type { Clock } from '../clock.js'

/** What is seen of a worker. */
export interface Activity {
  /** Requests taken since its start, and those of them that it has not answered. */
  readonly taken: number
  readonly executing: number
}

/** What is kept from one look to the next. */
export interface IdleSince {
  readonly taken: number
  /** When it was last known to have had a request, milliseconds since the epoch. */
  readonly since: number
}

/** A worker that has a request is not idle, nor is one that has taken some since the last look. */
export const idleSince = (last: IdleSince, { taken, executing }: Activity, now: number): IdleSince =>
  executing > 0 || taken !== last.taken ? { taken, since: now } : last

export interface IdleOptions {
  readonly clock: Clock
  /** idleTimeout in milliseconds, as it is at the moment; 0 is never. */
  readonly timeout: () => number
  readonly activity: () => Activity
  /** It has been idle for the timeout. Called again, later, if that ended nothing. */
  readonly onIdle: () => void
}

/** Looks in one timeout: a worker ends between one and 1.1 timeouts after its last request. */
const LOOKS = 10
/** Longest and shortest time between two looks, in milliseconds. */
const SELDOM = 30_000
const OFTEN = 100

export class IdleWatch {
  private readonly options: IdleOptions
  private last: IdleSince = { taken: 0, since: 0 }
  private cancel: () => void = () => undefined

  constructor(options: IdleOptions) {
    this.options = options
  }

  start(): void {
    const { clock, timeout, activity } = this.options
    if (timeout() === 0) return
    this.last = { taken: activity().taken, since: clock.now() }
    this.wait()
  }

  stop(): void {
    this.cancel()
  }

  private wait(): void {
    const { clock, timeout } = this.options
    const limit = timeout()
    const left = this.last.since + limit - clock.now()
    const between = Math.min(SELDOM, Math.max(OFTEN, limit / LOOKS))
    this.cancel = clock.after(left > 0 ? Math.min(left, between) : between, () => {
      this.look()
    })
  }

  private look(): void {
    const { clock, timeout, activity, onIdle } = this.options
    this.last = idleSince(this.last, activity(), clock.now())
    const idle = clock.now() - this.last.since >= timeout()
    this.wait()
    if (idle) onIdle()
  }
}
