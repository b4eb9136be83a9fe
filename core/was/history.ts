/** What happened to a pool and its workers lately, why, and on what evidence: for whoever asks afterwards. */
import type { Clock } from '../clock.js'
import type { EventLog, ServerEvent } from '../contract/events.js'

export interface HistoryEntry {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly what:
    | 'started'
    | 'ready'
    | 'stopping'
    | 'ended'
    | 'failed'
    | 'disabled'
    | 'recycling'
    | 'refused'
    | 'orphaned'
    | 'trial'
    | 'healthy'
    | 'limited'
  /** The worker's id; 0 where the pool as a whole is meant. */
  readonly worker: number
  /** One sentence: why. */
  readonly reason: string
  /** IIS's number of the event that belongs to it; 0 where there is none. */
  readonly event: number
  readonly evidence: Readonly<Record<string, unknown>>
}

/** Entries that are kept; the oldest make room. */
const KEPT = 100

export class History {
  private readonly kept: HistoryEntry[] = []
  private readonly clock: Clock
  private readonly events: EventLog
  private waiting: (() => void)[] = []

  constructor(clock: Clock, events: EventLog) {
    this.clock = clock
    this.events = events
  }

  /** Oldest first. */
  get entries(): readonly HistoryEntry[] {
    return this.kept
  }

  add(entry: HistoryEntry): void {
    if (this.kept.push(entry) > KEPT) this.kept.shift()
    const waiting = this.waiting
    this.waiting = []
    for (const resolve of waiting) resolve()
  }

  /** Resolves with the next entry: when something has happened to the pool. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve)
    })
  }

  /** Keeps an event, and writes it unless that was done, or is not wanted. Worker 0 is the pool as a whole. */
  report(what: HistoryEntry['what'], worker: number, event: ServerEvent, write = true): void {
    if (write) this.events.write(event)
    const { text, id, facts } = event
    this.add({ at: this.clock.now(), what, worker, reason: text, event: id, evidence: facts ?? {} })
  }
}
