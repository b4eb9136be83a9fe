/** Recycling at times of day: when the next one is, in the machine's local time. */
import type { Clock } from '../clock.js'

/**
 * When one of `times` (`hh:mm`, local) comes next after `after`; both in milliseconds since the epoch. Undefined without any.
 *
 * Each time occurs once a day, also on the days on which the clocks are changed: one that is left out in spring comes an
 * hour later, one that there is twice in autumn counts at its first.
 */
export const nextOccurrence = (times: readonly string[], after: number): number | undefined => {
  const day = new Date(after)
  let next: number | undefined
  for (const time of times) {
    const [hours = 0, minutes = 0] = time.split(':').map(Number)
    for (let ahead = 0; ahead <= 2; ahead++) {
      const at = new Date(day.getFullYear(), day.getMonth(), day.getDate() + ahead, hours, minutes).getTime()
      if (at <= after) continue
      if (next === undefined || at < next) next = at
      break
    }
  }
  return next
}

export interface ScheduleOptions {
  readonly clock: Clock
  readonly times: readonly string[]
  /** Each comes later by a random part of so many milliseconds. */
  readonly jitter: number
  /** 0 to 1. */
  readonly random: () => number
  /** @param at - the time that was meant, milliseconds since the epoch */
  readonly onTime: (at: number) => void
}

/** The hands of the machine's clock may be moved: they are looked at at least so often, in milliseconds. */
const LOOK = 60_000

/** Calls back at each of the times. Returns its canceller. */
export const atTimesOfDay = ({ clock, times, jitter, random, onTime }: ScheduleOptions): (() => void) => {
  let cancel: () => void = () => undefined
  const plan = (after: number): void => {
    const at = nextOccurrence(times, after)
    if (at === undefined) return
    const due = at + Math.floor(random() * jitter)
    const look = (): void => {
      const left = due - clock.now()
      if (left > 0) cancel = clock.after(Math.min(left, LOOK), look)
      else {
        // Those that fell due while this one was put off, or while the machine slept, are the same one.
        plan(Math.max(at, clock.now()))
        onTime(at)
      }
    }
    look()
  }
  plan(clock.now())
  return () => {
    cancel()
  }
}
