/** What follows the end of a listener process that nobody meant: another one, unless it cannot live. */
import type { Clock, EventLog } from '../../core/index.js'

/** One that has lived for less than this, in milliseconds, is not replaced at once. */
const SHORT_LIFE = 5_000
const PATIENCE = 1_000
/** So many short lives one after the other, and there is no further one: the others go on without it. */
const MOST_SHORT_LIVES = 5

export class ShortLives {
  private readonly clock: Clock
  private readonly events: EventLog
  /** Short lives of each number, one after the other. */
  private readonly counts = new Map<number, number>()

  constructor(clock: Clock, events: EventLog) {
    this.clock = clock
    this.events = events
  }

  /**
   * Tells of the end, and starts another one if that is of use.
   *
   * @param lived - milliseconds
   */
  follow(number: number, how: string, lived: number, start: () => void): void {
    const count = lived < SHORT_LIFE ? (this.counts.get(number) ?? 0) + 1 : 0
    this.counts.set(number, count)
    const isGivenUp = count > MOST_SHORT_LIVES
    const follows = isGivenUp ? 'it is not replaced any more' : 'another one takes its place'
    this.events.write({
      id: 0,
      level: 'error',
      source: 'W3SVC',
      text: `Listener process ${number} ended ${how}; its clients were cut off, and ${follows}.`,
      facts: { listener: number, lived },
    })
    if (!isGivenUp) this.clock.after(count > 0 ? PATIENCE : 0, start)
  }
}
