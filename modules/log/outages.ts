/** Says once, not for every line, that logs cannot be written, and once more that they can be again. */
import type { EventLog } from '../../core/index.js'
import type { LogFile } from './log-file.js'

/** One cause in one place, however many logs it hits. */
interface Outage {
  readonly text: string
  readonly logs: Set<LogFile>
  lost: number
}

export class Outages {
  private readonly events: EventLog
  private readonly byPlace = new Map<string, Outage>()
  private readonly byLog = new Map<LogFile, Outage>()

  constructor(events: EventLog) {
    this.events = events
  }

  has(log: LogFile): boolean {
    return this.byLog.has(log)
  }

  /** A log that was well could not be written; `place` is the folder that the administrator configured. */
  begin(log: LogFile, place: string, error: unknown): void {
    const { code = 'error', message } = error as NodeJS.ErrnoException
    const key = `${code} ${place}`
    let outage = this.byPlace.get(key)
    if (!outage) {
      outage = { text: `Log files in ${place}`, logs: new Set(), lost: 0 }
      this.byPlace.set(key, outage)
      this.events.write({
        id: 0,
        level: 'error',
        source: 'W3SVC',
        text: `${outage.text} cannot be written (${message}). Requests are served on; log lines wait in memory, and those beyond its bound are lost, until it works again.`,
        facts: { directory: log.directory, code },
      })
    }
    outage.logs.add(log)
    this.byLog.set(log, outage)
  }

  /** Lines that were thrown away. */
  lose(log: LogFile, lines: number): void {
    const outage = this.byLog.get(log)
    if (outage) outage.lost += lines
  }

  /** A log has been written to its last line. */
  end(log: LogFile): void {
    const outage = this.byLog.get(log)
    if (!outage) return
    this.byLog.delete(log)
    outage.logs.delete(log)
    if (outage.logs.size > 0) return
    this.forget(outage)
    this.report(outage, 'can be written again')
  }

  /** The server stops: says what the outages that are left have cost. */
  close(): void {
    for (const outage of this.byPlace.values())
      this.report(outage, 'could not be written until the server stopped')
    this.byPlace.clear()
    this.byLog.clear()
  }

  private forget(outage: Outage): void {
    for (const [key, value] of this.byPlace) if (value === outage) this.byPlace.delete(key)
  }

  private report(outage: Outage, what: string): void {
    const lines = `${outage.lost} ${outage.lost === 1 ? 'line was' : 'lines were'} lost`
    this.events.write({
      id: 0,
      level: outage.lost > 0 ? 'error' : 'info',
      source: 'W3SVC',
      text: `${outage.text} ${what}; ${lines}.`,
      facts: { lost: outage.lost },
    })
  }
}
