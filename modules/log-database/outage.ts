/** Says once that the database is away, and once more what that has cost when it is back. */
import type { EventLevel, EventLog } from '../../core/index.js'

export class Outage {
  private readonly name: string
  private readonly events: EventLog
  private readonly spool: string
  private away = false
  private full = false
  private hasOld = false
  private waited = 0
  private followed = 0
  private lost = 0

  /** @param spool - path of the file that records wait in */
  constructor(name: string, events: EventLog, spool: string) {
    this.name = name
    this.events = events
    this.spool = spool
  }

  /** The spool holds what an earlier server has left. */
  inherit(): void {
    this.hasOld = true
  }

  begin(error: unknown): void {
    if (this.away) return
    this.away = true
    const why = messageOf(error)
    this.write(
      'error',
      `The database of log "${this.name}" cannot be written: ${why}. Requests are served on; their records wait in ${this.spool} and follow later.`,
      { why },
    )
  }

  /** Records that went into the spool. */
  wait(records: number): void {
    this.waited += records
  }

  follow(records: number): void {
    this.followed += records
  }

  /** Records that the spool has no room for. */
  lose(records: number): void {
    this.lost += records
    if (this.full) return
    this.full = true
    this.write(
      'error',
      `The database of log "${this.name}" has been away for so long that ${this.spool} is full. Records are lost until it is back, and counted.`,
    )
  }

  unreadable(): void {
    this.write('error', `A line of ${this.spool} is no batch of log "${this.name}", and is left out.`)
  }

  /** The spool is empty. */
  end(): void {
    if (this.away || this.hasOld || this.lost > 0)
      this.write(
        this.lost > 0 ? 'error' : 'info',
        `The database of log "${this.name}" has what waited; ${counted(this.followed)} followed from ${this.spool}, ${this.lost} lost.`,
        { followed: this.followed, lost: this.lost },
      )
    this.away = false
    this.full = false
    this.hasOld = false
    this.waited = 0
    this.followed = 0
    this.lost = 0
  }

  /** The server stops. */
  close(): void {
    const left = this.waited - this.followed
    if (this.lost === 0 && left <= 0) return
    this.write(
      this.lost > 0 ? 'error' : 'info',
      `The database of log "${this.name}" was away when the server stopped: records wait in ${this.spool} for the next start; ${this.lost} lost.`,
      { lost: this.lost },
    )
  }

  private write(level: EventLevel, text: string, facts: Readonly<Record<string, unknown>> = {}): void {
    this.events.write({ id: 0, level, source: 'module', text, facts: { module: this.name, ...facts } })
  }
}

const counted = (records: number): string => `${records} ${records === 1 ? 'record' : 'records'}`

/** Of an AggregateError, which has an empty message of its own, the first one's (Node, where a name has several addresses). */
const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.message === '') return messageOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
