/** What scripts print and how they fail, told in the event log without ever flooding it. */
import type { ServerEvent } from '../../../core/index.js'

/** Events of one application in one interval; what is beyond is counted. */
const MOST = 50
const INTERVAL = 10_000
const LONGEST_LINE = 1_024

export class Reports {
  private readonly tell: (event: ServerEvent) => void
  private readonly application: string
  private began = -Infinity
  private told = 0
  private dropped = 0

  constructor(application: string, tell: (event: ServerEvent) => void) {
    this.application = application
    this.tell = tell
  }

  /** A failure, in one sentence. */
  failed(text: string, facts: Readonly<Record<string, unknown>> = {}): void {
    this.report('error', `Application "${this.application}": ${text}`, facts)
  }

  /** A line of standard error. */
  printed(script: string, line: string): void {
    if (line === '') return
    const text = line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}...` : line
    this.report('warning', `Application "${this.application}": ${script} printed: ${text}`, { script })
  }

  private report(level: ServerEvent['level'], text: string, facts: Readonly<Record<string, unknown>>): void {
    const now = performance.now()
    if (now - this.began > INTERVAL) {
      this.began = now
      this.told = 0
    }
    if (++this.told > MOST) {
      this.dropped++
      return
    }
    const { dropped } = this
    this.dropped = 0
    this.tell({
      id: 0,
      level,
      source: 'worker',
      text: dropped > 0 ? `${text} (${dropped} more before this were not told)` : text,
      facts,
    })
  }
}

/** Cuts what a stream brings into lines; one without an end is told in pieces. */
export class Lines {
  private readonly take: (line: string) => void
  private rest = ''

  constructor(take: (line: string) => void) {
    this.take = take
  }

  push(chunk: Buffer): void {
    const lines = (this.rest + chunk.toString()).split(/\r?\n/)
    this.rest = lines.pop() ?? ''
    for (const line of lines) this.take(line)
    if (this.rest.length > LONGEST_LINE) this.end()
  }

  end(): void {
    const { rest } = this
    this.rest = ''
    if (rest !== '') this.take(rest)
  }
}
