/** What is noted of one request while it is under way; so many lines at most, the latest. */
import type { HttpContext } from '../../../core/index.js'
import { originalUrl } from '../resource.js'
import type { Failure } from './failure.js'

export interface TraceLine {
  /** Milliseconds since the request began. */
  readonly at: number
  readonly source: string
  readonly text: string
}

/** What the file says. */
export interface TraceReport {
  readonly time: string
  readonly application: string
  readonly pool: string
  readonly client: string
  readonly method: string
  readonly url: string
  readonly failureReason: string
  readonly status: number
  readonly subStatus: number
  readonly timeTaken: number
  readonly user: string
  readonly headers: readonly string[]
  readonly omitted: number
  readonly lines: readonly TraceLine[]
}

const MOST_LINES = 1_000
const LONGEST_LINE = 4_096
/** What may open other doors is nothing for a file. */
const SECRET = /^(authorization|proxy-authorization|cookie|x-api-key|.*token.*|.*secret.*)$/i

export class Trace {
  readonly failure: Failure
  private readonly began = Date.now()
  private readonly start = performance.now()
  private readonly lines: TraceLine[] = []
  private omitted = 0

  constructor(failure: Failure) {
    this.failure = failure
  }

  add(source: string, text: string): void {
    if (this.lines.length >= MOST_LINES) {
      this.lines.shift()
      this.omitted++
    }
    this.lines.push({ at: this.elapsed(), source, text: text.slice(0, LONGEST_LINE) })
  }

  /** Null where the request has not failed. */
  report(ctx: HttpContext): TraceReport | null {
    const { request, response, application } = ctx
    const timeTaken = this.elapsed()
    const status = ctx.logged.status ?? response.statusCode
    const subStatus = ctx.logged.subStatus ?? ctx.subStatus
    const failureReason = this.failure(status, subStatus, timeTaken)
    if (failureReason === null) return null
    return {
      time: new Date(this.began).toISOString(),
      application: application.name,
      pool: application.pool,
      client: request.socket.remoteAddress ?? '',
      method: request.method ?? '',
      url: originalUrl(ctx),
      failureReason,
      status,
      subStatus,
      timeTaken,
      user: ctx.user?.name ?? '',
      headers: headersOf(request.rawHeaders),
      omitted: this.omitted,
      lines: this.lines,
    }
  }

  private elapsed(): number {
    return Math.round((performance.now() - this.start) * 1000) / 1000
  }
}

const headersOf = (raw: readonly string[]): string[] => {
  const lines: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? ''
    lines.push(`${name}: ${SECRET.test(name) ? '(not shown)' : (raw[i + 1] ?? '')}`)
  }
  return lines
}
