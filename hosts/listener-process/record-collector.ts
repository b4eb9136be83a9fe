/** In a listener process: collects the requests that the server has not seen, for its logs. */
import type { RequestContext } from '../../core/index.js'
import { Row, type RecordGroup, type Records } from './records.js'

/** Milliseconds until a record is on its way, at the latest. */
const LONGEST_WAIT = 50
const MOST_RECORDS = 1024
/** Characters of headers and URLs with which a batch is full. */
const MOST_TEXT = 262_144

export class RecordCollector {
  private readonly send: (records: Records) => void
  private rows = new Float64Array(MOST_RECORDS * Row.WIDTH)
  private count = 0
  private groups: RecordGroup[] = []
  private text = 0
  /** The last group that was made for each list of headers, and the request that it was made for. */
  private readonly known = new Map<
    readonly string[],
    { readonly index: number; readonly of: RequestContext }
  >()
  private timer: NodeJS.Timeout | null = null

  constructor(send: (records: Records) => void) {
    this.send = send
  }

  /** Hot: called for every request that the server has not seen. */
  add(ctx: RequestContext): void {
    const { response, rawHeaders } = ctx
    const known = this.known.get(rawHeaders)
    const index = known !== undefined && isAlike(ctx, known.of) ? known.index : this.addGroup(ctx)
    const { rows } = this
    const at = this.count * Row.WIDTH
    rows[at] = index
    rows[at + Row.RECEIVED_AT] = ctx.receivedAt
    rows[at + Row.COMPLETED_AT] = ctx.completedAt
    rows[at + Row.STATUS] = response.status
    rows[at + Row.SUB_STATUS] = response.subStatus
    rows[at + Row.WIN32_STATUS] = ctx.win32Status
    rows[at + Row.BYTES_SENT] = ctx.bytesSent
    rows[at + Row.BODY_BYTES] = ctx.bodyBytes
    rows[at + Row.REMOTE_PORT] = ctx.connection.remotePort
    rows[at + Row.FROM_CACHE] = response.fromCache ? 1 : 0
    this.count++
    if (this.count === MOST_RECORDS || this.text > MOST_TEXT) this.flush()
    else this.timer ??= setTimeout(this.flush, LONGEST_WAIT)
  }

  readonly flush = (): void => {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    if (this.count === 0) return
    const { groups, rows, count } = this
    this.groups = []
    this.count = 0
    this.text = 0
    this.known.clear()
    this.send({ groups, rows: rows.slice(0, count * Row.WIDTH) })
  }

  private addGroup(ctx: RequestContext): number {
    const { connection, application, site, rawHeaders } = ctx
    const index = this.groups.length
    const headers = rawHeaders.join('\n')
    this.groups.push({
      application: application && site ? { site: site.name, path: application.path } : null,
      method: ctx.method,
      target: ctx.target,
      httpVersion: ctx.httpVersion,
      headers,
      host: ctx.host,
      path: ctx.path,
      query: ctx.query,
      url: ctx.url,
      remoteAddress: connection.remoteAddress,
      localAddress: connection.localAddress,
      localPort: connection.localPort,
      encrypted: connection.encrypted,
      error: ctx.error,
    })
    this.text += headers.length + ctx.target.length
    this.known.set(rawHeaders, { index, of: ctx })
    return index
  }
}

const isAlike = (one: RequestContext, other: RequestContext): boolean =>
  one.target === other.target &&
  one.method === other.method &&
  one.application === other.application &&
  one.error === other.error &&
  one.httpVersion === other.httpVersion &&
  one.connection.remoteAddress === other.connection.remoteAddress &&
  one.connection.localPort === other.connection.localPort &&
  one.connection.localAddress === other.connection.localAddress &&
  one.connection.encrypted === other.connection.encrypted
