/** Ends a listener process that does not say in time that it has forgotten: clients wait for it, and it may show what was. */
import type { Clock, EventLog } from '../../core/index.js'

/** Milliseconds. */
const PATIENCE = 5_000

interface Forgetting {
  /** Numbers of what it has not forgotten yet. */
  readonly forgetting: ReadonlySet<number>
  kill(): void
}

export class ForgettingLimit {
  private readonly clock: Clock
  private readonly events: EventLog
  private readonly processes: () => ReadonlyMap<number, Forgetting>
  private last = 0
  private watches = false

  constructor(clock: Clock, events: EventLog, processes: () => ReadonlyMap<number, Forgetting>) {
    this.clock = clock
    this.events = events
    this.processes = processes
  }

  /** They have been told to forget what has this number; it is above all numbers before. */
  begin(number: number): void {
    this.last = number
    if (this.watches) return
    this.watches = true
    this.clock.after(PATIENCE, () => {
      this.look(number)
    })
  }

  /** One timer for all: what was told after it had begun gets another turn. */
  private look(upTo: number): void {
    this.watches = false
    let goesOn = false
    for (const [number, process] of this.processes()) {
      if (process.forgetting.size === 0) continue
      if (Math.min(...process.forgetting) <= upTo) this.end(number, process)
      else goesOn = true
    }
    if (goesOn) this.begin(this.last)
  }

  private end(number: number, process: Forgetting): void {
    this.events.write({
      id: 0,
      level: 'error',
      source: 'W3SVC',
      text: `Listener process ${number} does not answer; it is ended, so that it serves nothing that is out of date.`,
      facts: { listener: number },
    })
    process.kill()
  }
}
