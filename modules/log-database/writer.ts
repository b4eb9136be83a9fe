/** Decides where a batch goes: into the database, or, while that is away or has not caught up, behind the others in the spool. */
import type { Database } from './database.js'
import type { Entry } from './entry.js'
import type { Outage } from './outage.js'
import type { Spool } from './spool.js'

/** Milliseconds until the first new attempt, and at most. */
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 30_000

export class Writer {
  private readonly database: Pick<Database, 'prepare' | 'write' | 'close'>
  private readonly spool: Spool
  private readonly outage: Outage
  private readonly longestPause: number
  /** Set while batches go through the spool, for as long as its order must be kept. */
  private draining = false
  private failures = 0
  private timer: NodeJS.Timeout | undefined
  private closed = false
  private drained: Promise<void> = Promise.resolve()

  constructor(database: Writer['database'], spool: Spool, outage: Outage, longestPause = LONGEST_PAUSE) {
    this.database = database
    this.spool = spool
    this.outage = outage
    this.longestPause = longestPause
    if (!spool.isEmpty) outage.inherit()
    // Says at the start, and not with the first request, that the database cannot be reached.
    this.startDraining()
  }

  /** Resolves when the rows are in the database or in the spool, or counted as lost. @throws where the spool's disk fails. */
  async write(entry: Entry): Promise<void> {
    if (entry.rows.length === 0) return
    if (!this.draining && this.spool.isEmpty) {
      try {
        await this.database.write(entry)
        return
      } catch (error) {
        this.outage.begin(error)
      }
    }
    if (await this.spool.append(entry)) this.outage.wait(entry.rows.length)
    else this.outage.lose(entry.rows.length)
    if (!this.draining) this.startDraining()
  }

  /** What the spool holds stays in it, for the next start. */
  async close(): Promise<void> {
    this.closed = true
    clearTimeout(this.timer)
    await this.drained
    await Promise.allSettled([this.database.close(), this.spool.close()])
    this.outage.close()
  }

  private startDraining(): void {
    this.draining = true
    this.drained = this.drain()
  }

  /** From the spool into the database, in order, until it is empty or something is in the way. */
  private async drain(): Promise<void> {
    try {
      await this.database.prepare()
      while (!this.closed) {
        const first = await this.spool.first()
        if (first === null) break
        if (first === 'unreadable') this.outage.unreadable()
        else {
          await this.database.write(first)
          this.outage.follow(first.rows.length)
        }
        await this.spool.dropFirst()
        this.failures = 0
      }
      this.failures = 0
      // Nothing waits between the look and this line: a batch that is appended meanwhile starts the next round.
      this.draining = false
      if (this.spool.isEmpty) this.outage.end()
      else if (!this.closed) this.startDraining()
    } catch (error) {
      if (this.closed) return
      this.outage.begin(error)
      const pause = Math.min(FIRST_PAUSE * 2 ** this.failures++, this.longestPause)
      this.timer = setTimeout(() => {
        this.startDraining()
      }, pause)
    }
  }
}
