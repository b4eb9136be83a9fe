/** All the logs of the server together: one timer that flushes them, one bound on their memory, one end. */
import { dirname } from 'node:path'
import type { Clock, EventLog } from '../../core/index.js'
import { SpareBuffers } from './batch-buffer.js'
import type { FileSeries } from './file-series.js'
import { LogFile } from './log-file.js'
import { OldFiles } from './old-files.js'
import { Outages } from './outages.js'

/** Milliseconds until a line is on its way to the disk, at the latest. */
const FLUSH_AFTER = 1000
/** Milliseconds between two looks at files that only stand open. */
const SWEEP_AFTER = 60_000
/** Milliseconds between two looks at old files, of logs that no new file begins in. */
const TIDY_AFTER = 60 * 60_000
/** Bytes of all logs together that may wait for their disks. */
const MOST_WAITING = 64 * 1024 * 1024

export class LogFiles {
  /** Bytes that wait now, in all logs; each log keeps it up to date. */
  waiting = 0
  readonly spare = new SpareBuffers()
  readonly mostWaiting: number
  private readonly clock: Clock
  private readonly outages: Outages
  private readonly oldFiles: OldFiles
  private readonly isOverlapped: () => boolean
  private readonly logs = new Set<LogFile>()
  private readonly retiring = new Set<Promise<void>>()
  private readonly awake = new Set<LogFile>()
  private cancelTimer: (() => void) | null = null
  private timerIsSoon = false
  private cancelTidying: (() => void) | null = null
  private readonly visit = (): void => {
    this.visitAll()
  }

  /** @param isOverlapped - another server writes to the same files now: none of them is old */
  constructor(
    events: EventLog,
    clock: Clock,
    isOverlapped: () => boolean = () => false,
    mostWaiting = MOST_WAITING,
  ) {
    this.isOverlapped = isOverlapped
    this.outages = new Outages(events)
    this.oldFiles = new OldFiles(events, clock)
    this.clock = clock
    this.mostWaiting = mostWaiting
  }

  /** A new log; its file is opened when its first line comes. */
  open(series: FileSeries): LogFile {
    const log = new LogFile(series, this)
    this.logs.add(log)
    return log
  }

  /** A log that nothing is appended to any more: it is written to its end and forgotten. */
  async retire(log: LogFile): Promise<void> {
    this.awake.delete(log)
    this.logs.delete(log)
    const closed = log.close()
    this.retiring.add(closed)
    await closed
    this.retiring.delete(closed)
    this.outages.end(log)
  }

  now(): number {
    return this.clock.now()
  }

  /** A log has got its first line since it was last flushed. */
  wake(log: LogFile): void {
    this.awake.add(log)
    if (!this.timerIsSoon) this.setTimer(true)
  }

  /** A write failed; it is tried again with every flush. */
  failed(log: LogFile, error: unknown): void {
    if (!this.outages.has(log)) this.outages.begin(log, dirname(log.directory), error)
  }

  /** Lines had to be thrown away, because a disk is away or too slow. */
  lost(log: LogFile, lines: number): void {
    if (!this.outages.has(log)) this.failed(log, new Error('lines come faster than the disk takes them'))
    this.outages.lose(log, lines)
  }

  /** A log has begun or gone on with a file, so that another one may be old now. */
  opened(log: LogFile): void {
    if (!log.keepsOldFilesInOrder) return
    if (!this.isOverlapped()) this.oldFiles.tidy(log)
    this.cancelTidying ??= this.clock.after(TIDY_AFTER, this.tidyAll)
  }

  /** All files that were moved or deleted meanwhile are left at once. */
  reopen(): void {
    for (const log of this.logs) log.reopen()
  }

  /** All lines of a log are written. */
  recovered(log: LogFile): void {
    this.outages.end(log)
  }

  /** Flushes and closes all files. */
  async close(): Promise<void> {
    this.cancelTimer?.()
    this.cancelTimer = null
    this.cancelTidying?.()
    await Promise.all([...[...this.logs].map((log) => log.close()), ...this.retiring, this.oldFiles.close()])
    this.outages.close()
  }

  private readonly tidyAll = (): void => {
    this.cancelTidying = null
    for (const log of this.logs) this.opened(log)
  }

  private visitAll(): void {
    const now = this.clock.now()
    let soon = false
    for (const log of this.awake) {
      const visit = log.visit(now)
      if (visit === 'SOON') soon = true
      else if (visit === 'NEVER') this.awake.delete(log)
    }
    this.cancelTimer = null
    this.timerIsSoon = false
    if (this.awake.size > 0) this.setTimer(soon)
  }

  private setTimer(soon: boolean): void {
    this.cancelTimer?.()
    this.timerIsSoon = soon
    this.cancelTimer = this.clock.after(soon ? FLUSH_AFTER : SWEEP_AFTER, this.visit)
  }
}
