/** Collects in the listener what a log module shall know of each request, and passes it on in batches. */
import type { Clock, RequestContext } from '../../core/index.js'
import { Row, type Batch, type GroupValue } from './batch.js'

/** Milliseconds until a record is on its way, at the latest. */
const LONGEST_WAIT = 1000
/** A batch is full with so many records (44 KB of numbers), or with so much text. */
const MOST_RECORDS = 512
const MOST_TEXT = 65_536
/** What a group takes beside its text. */
const GROUP_BYTES = 256

export class Collector {
  private readonly headers: readonly string[]
  private readonly clock: Clock
  private readonly deliver: (batch: Batch) => void
  private rows = new Float64Array(MOST_RECORDS * Row.WIDTH)
  private groups: GroupValue[] = []
  private groupCount = 0
  private count = 0
  private text = 0
  /** Groups of this batch by the list of headers that they were made for, if that is one which requests share. */
  private readonly shared = new Map<readonly string[], SharedGroup>()
  private last: SharedGroup | null = null
  private cancelTimer: (() => void) | null = null
  private readonly send = (): void => {
    this.flush()
  }

  /** @param headers - names in lower case */
  constructor(headers: readonly string[], clock: Clock, deliver: (batch: Batch) => void) {
    this.headers = headers
    this.clock = clock
    this.deliver = deliver
  }

  /** Hot: called once for every request, by the log stage. */
  add(ctx: RequestContext): void {
    const { response } = ctx
    const group = this.groupOf(ctx)
    const { rows } = this
    const at = this.count * Row.WIDTH
    rows[at] = group.index
    rows[at + Row.RECEIVED_AT] = ctx.receivedAt
    rows[at + Row.COMPLETED_AT] = ctx.completedAt
    rows[at + Row.STATUS] = response.status
    rows[at + Row.SUB_STATUS] = response.subStatus
    rows[at + Row.WIN32_STATUS] = ctx.win32Status
    rows[at + Row.BYTES_RECEIVED] = group.headBytes + ctx.bodyBytes
    rows[at + Row.BYTES_SENT] = ctx.bytesSent
    rows[at + Row.CLIENT_PORT] = ctx.connection.remotePort
    rows[at + Row.WORKER] = ctx.receiver?.worker ?? 0
    rows[at + Row.CACHE_HIT] = response.fromCache ? 1 : 0
    this.count++
    if (this.count === MOST_RECORDS || this.text > MOST_TEXT) this.flush()
    else if (this.count === 1) this.cancelTimer = this.clock.after(LONGEST_WAIT, this.send)
  }

  /** Passes on what there is. */
  flush(): void {
    this.cancelTimer?.()
    this.cancelTimer = null
    if (this.count === 0) return
    const rows = this.rows.slice(0, this.count * Row.WIDTH)
    const bytes = rows.byteLength + this.groupCount * GROUP_BYTES + this.text
    const batch: Batch = { count: this.count, groups: this.groups, rows, bytes }
    this.groups = []
    this.groupCount = 0
    this.count = 0
    this.text = 0
    this.shared.clear()
    this.last = null
    this.deliver(batch)
  }

  private groupOf(ctx: RequestContext): SharedGroup {
    if (!ctx.repeatsHeaders) return this.addGroup(ctx)
    const { last } = this
    if (last?.isOf(ctx)) return last
    const known = this.shared.get(ctx.rawHeaders)
    if (known?.isOf(ctx)) {
      this.last = known
      return known
    }
    const group = this.addGroup(ctx)
    this.shared.set(ctx.rawHeaders, group)
    this.last = group
    return group
  }

  private addGroup(ctx: RequestContext): SharedGroup {
    const { connection, site, target } = ctx
    // Without a path the request was refused before its target was understood.
    const mark = ctx.path === '' ? target.indexOf('?') : -1
    const path = ctx.path === '' ? (mark < 0 ? target : target.slice(0, mark)) : ctx.path
    const query = mark < 0 ? ctx.query : target.slice(mark + 1)
    this.groups.push(
      site?.id ?? 0,
      site?.name ?? '',
      ctx.application?.path ?? '',
      ctx.application?.queue.name ?? '',
      connection.remoteAddress,
      connection.localAddress,
      connection.localPort,
      connection.encrypted,
      ctx.httpVersion,
      ctx.method,
      ctx.host,
      path,
      query,
      ctx.user,
      ctx.error ?? '',
    )
    this.text += path.length + query.length
    for (const name of this.headers) {
      const value = ctx.headerList(name)
      this.text += value?.length ?? 0
      this.groups.push(value)
    }
    return new SharedGroup(this.groupCount++, ctx)
  }
}

/** A group, and what a request must have to belong to it. */
class SharedGroup {
  readonly index: number
  /** Of the request's head. */
  readonly headBytes: number
  private readonly of: RequestContext
  private readonly remoteAddress: string
  private readonly localAddress: string
  private readonly localPort: number

  constructor(index: number, ctx: RequestContext) {
    this.index = index
    this.headBytes = ctx.bytesReceived - ctx.bodyBytes
    this.of = ctx
    this.remoteAddress = ctx.connection.remoteAddress
    this.localAddress = ctx.connection.localAddress
    this.localPort = ctx.connection.localPort
  }

  isOf(ctx: RequestContext): boolean {
    const { of } = this
    const { connection } = ctx
    return (
      ctx.rawHeaders === of.rawHeaders &&
      ctx.target === of.target &&
      ctx.path === of.path &&
      ctx.query === of.query &&
      ctx.method === of.method &&
      ctx.site === of.site &&
      ctx.application === of.application &&
      ctx.user === of.user &&
      ctx.error === of.error &&
      ctx.httpVersion === of.httpVersion &&
      connection.remoteAddress === this.remoteAddress &&
      connection.localPort === this.localPort &&
      connection.localAddress === this.localAddress
    )
  }
}
