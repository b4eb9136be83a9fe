/** What becomes of log files that have ended: compressed, deleted, or both, one after the other and off the requests' path. */
import { createReadStream, createWriteStream } from 'node:fs'
import { copyFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Clock, EventLog } from '../../core/index.js'
import { COMPRESSED, type FileSeries, type Retention } from './file-series.js'

/** Whoever can read a log can read it compressed. */
const READABLE_BY = 0o640
/** A file under its own name is complete. */
const DRAFT = '.new'

/** A log whose old files are looked after. */
export interface Tidied {
  readonly current: FileSeries
  isUsing(name: string): boolean
}

export class OldFiles {
  private readonly events: EventLog
  private readonly clock: Clock
  private readonly waiting = new Set<Tidied>()
  /** Folders of which the event log knows that they cannot be kept in order. */
  private readonly failing = new Set<string>()
  private readonly end = new AbortController()
  private running: Promise<void> | null = null

  constructor(events: EventLog, clock: Clock) {
    this.events = events
    this.clock = clock
  }

  /** Does for a log's files what its configuration says, soon. */
  tidy(log: Tidied): void {
    if (this.end.signal.aborted) return
    this.waiting.add(log)
    this.running ??= this.work()
  }

  /** Stops in the middle: what was begun is done at the next start. */
  async close(): Promise<void> {
    this.waiting.clear()
    this.end.abort()
    await this.running
  }

  private async work(): Promise<void> {
    for (const log of this.waiting) {
      this.waiting.delete(log)
      const { directory } = log.current
      try {
        await this.tidyNow(log)
        this.failing.delete(directory)
      } catch (error) {
        if (!this.end.signal.aborted) this.report(directory, error)
      }
    }
    this.running = null
  }

  private async tidyNow(log: Tidied): Promise<void> {
    const { current: series } = log
    const { retention } = series
    if (!retention) return
    const now = this.clock.now()
    const isInUse = (name: string): boolean => this.end.signal.aborted || log.isUsing(name)
    const kept = new Set<number>()
    for (const name of await series.oldFiles(now)) {
      if (isInUse(name)) continue
      const file = join(series.directory, name)
      kept.add(series.numberOf(name))
      if (isTooMany(kept.size, retention) || (await isTooOld(file, now, retention)))
        await rm(file, GONE_IS_FINE)
      else if (retention.compress && !name.endsWith(COMPRESSED)) await compress(file, this.end.signal)
    }
  }

  private report(directory: string, error: unknown): void {
    if (this.failing.has(directory)) return
    this.failing.add(directory)
    const { code = 'error', message } = error as NodeJS.ErrnoException
    this.events.write({
      id: 0,
      level: 'warning',
      source: 'W3SVC',
      text: `Old log files in ${directory} can be neither compressed nor deleted (${message}). They stay as they are; it is tried again every hour.`,
      facts: { directory, code },
    })
  }
}

const GONE_IS_FINE = { force: true } as const

const isTooMany = (files: number, { maxFiles }: Retention): boolean => maxFiles > 0 && files > maxFiles

const isTooOld = async (file: string, now: number, { maxAge }: Retention): Promise<boolean> =>
  maxAge > 0 && now - (await stat(file)).mtimeMs > maxAge

/** Whole seconds, which every file system keeps. */
const lastWritten = async (file: string): Promise<number> => Math.floor((await stat(file)).mtimeMs / 1000)

/**
 * Puts a compressed file, with the same time, in the place of `file`. One that is there already is the same, if the server was
 * ended before it could delete the original, and else has lines of before, which stay.
 */
const compress = async (file: string, signal: AbortSignal): Promise<void> => {
  const target = file + COMPRESSED
  const draft = target + DRAFT
  const time = await lastWritten(file)
  const before = await lastWritten(target).catch(() => null)
  if (before !== time) {
    await rm(draft, GONE_IS_FINE)
    // Members of gzip may follow each other (RFC 1952 section 2.2).
    if (before !== null) await copyFile(target, draft)
    try {
      await pipeline(
        createReadStream(file),
        createGzip(),
        createWriteStream(draft, { flags: 'a', mode: READABLE_BY }),
        { signal },
      )
      await utimes(draft, time, time)
    } catch (error) {
      await rm(draft, GONE_IS_FINE)
      throw error
    }
    await rename(draft, target)
  }
  await rm(file, GONE_IS_FINE)
}
