/** What happened to a pool and its workers lately, why, and on what evidence: for whoever asks afterwards. */

export interface HistoryEntry {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly what:
    'started' | 'ready' | 'stopping' | 'ended' | 'failed' | 'disabled' | 'recycling' | 'refused' | 'limited'
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

  /** Oldest first. */
  get entries(): readonly HistoryEntry[] {
    return this.kept
  }

  add(entry: HistoryEntry): void {
    if (this.kept.push(entry) > KEPT) this.kept.shift()
  }
}
