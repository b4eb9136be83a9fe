/** Says what goes wrong with one log module: each crash, but not each batch of it, and what it has cost in the end. */
import type { EventLevel, EventLog, ServerEvent } from '../../core/contract/events.js'

export class Troubles {
  private readonly name: string
  private readonly events: EventLog
  /** What the module has said last when it refused a batch; null while all is well. */
  private refusal: string | null = null
  private troubled = false
  /** Records, since all was well. */
  private lost = 0

  constructor(name: string, events: EventLog) {
    this.name = name
    this.events = events
  }

  crashed(why: string): void {
    this.troubled = true
    this.write(
      'error',
      `The worker of log module "${this.name}" ended: ${why}. It is started again; its records wait, and requests are served on.`,
      { why },
    )
  }

  stalled(what: string): void {
    this.troubled = true
    this.write(
      'error',
      `Log module "${this.name}" has stalled: ${what}. Its worker is replaced; its records wait, and requests are served on.`,
    )
  }

  refused(why: string): void {
    this.troubled = true
    if (this.refusal === why) return
    this.refusal = why
    this.write(
      'error',
      `Log module "${this.name}" did not take a batch: ${why}. It gets it again; its records wait, and requests are served on.`,
      { why },
    )
  }

  /** Records that had no room. */
  lose(records: number): void {
    if (this.lost === 0)
      this.write(
        'error',
        `Log module "${this.name}" does not keep up: as many records wait as may. Those that come until it takes some are lost for it, and counted.`,
      )
    this.lost += records
  }

  /** It has taken a batch. */
  over(): void {
    if (!this.troubled && this.lost === 0) return
    this.write(
      this.lost > 0 ? 'error' : 'info',
      `Log module "${this.name}" takes records again; ${counted(this.lost)} lost.`,
      { lost: this.lost },
    )
    this.troubled = false
    this.refusal = null
    this.lost = 0
  }

  /** The server stops, and so many records have not been taken. */
  end(left: number): void {
    const lost = this.lost + left
    if (lost === 0) return
    this.write(
      'error',
      `Log module "${this.name}" had not taken all its records when the server stopped; ${counted(lost)} lost.`,
      { lost },
    )
  }

  /** An event of the module's own, whatever it may have put into it: nothing that is odd about it may harm the server. */
  pass(event: unknown): void {
    const { id, level, text, facts } = (event ?? {}) as Partial<Record<keyof ServerEvent, unknown>>
    this.events.write({
      id: typeof id === 'number' ? id : 0,
      level: level === 'info' || level === 'warning' ? level : 'error',
      source: 'module',
      text: String(text),
      facts: { module: this.name, ...plainFacts(facts) },
    })
  }

  private write(level: EventLevel, text: string, facts: Readonly<Record<string, unknown>> = {}): void {
    this.events.write({ id: 0, level, source: 'module', text, facts: { module: this.name, ...facts } })
  }
}

/** What JSON has words for; nothing where it has none, such as a BigInt. */
const plainFacts = (facts: unknown): Readonly<Record<string, unknown>> => {
  try {
    const plain = JSON.parse(JSON.stringify(facts ?? {})) as unknown
    return typeof plain === 'object' && plain !== null ? (plain as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const counted = (records: number): string => `${records} ${records === 1 ? 'record was' : 'records were'}`
