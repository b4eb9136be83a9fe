/** Requests that have ended in a listener process, on their way to the log stages, which run in the server alone. */
import { RequestContext, type ErrorCode, type HttpVersion } from '../../core/index.js'
import type { Pipeline } from '../../core/pipeline/pipeline.js'
import type { Application } from '../../core/namespace/application.js'
import type { ApplicationName } from './messages.js'
import { RemoteConnection } from './remote-connection.js'

/** What many requests of one batch have in common. */
export interface RecordGroup {
  readonly application: ApplicationName | null
  readonly method: string
  readonly target: string
  readonly httpVersion: HttpVersion
  readonly headers: string
  readonly host: string
  readonly path: string
  readonly query: string
  readonly url: string
  readonly remoteAddress: string
  readonly localAddress: string
  readonly localPort: number
  readonly encrypted: boolean
  readonly error: ErrorCode | null
}

export interface Records {
  readonly groups: readonly RecordGroup[]
  /** WIDTH numbers for each request. */
  readonly rows: Float64Array
}

/** Places of the numbers of one request. */
const Row = {
  GROUP: 0,
  RECEIVED_AT: 1,
  COMPLETED_AT: 2,
  STATUS: 3,
  SUB_STATUS: 4,
  WIN32_STATUS: 5,
  BYTES_SENT: 6,
  BODY_BYTES: 7,
  REMOTE_PORT: 8,
  FROM_CACHE: 9,
  WIDTH: 10,
} as const

/** Milliseconds until a record is on its way, at the latest. */
const LONGEST_WAIT = 50
const MOST_RECORDS = 1024
/** Characters of headers and URLs with which a batch is full. */
const MOST_TEXT = 262_144

/** Collects in the process. */
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

/** Lists of headers that are remembered: the same list means to the logs that nothing need be escaped again. */
const MOST_LISTS = 1000

/** Lets the requests of one process pass the log stages in the server. */
export class RecordReader {
  private readonly pipeline: Pipeline
  private readonly find: (name: ApplicationName) => Application | undefined
  private readonly lists = new Map<string, readonly string[]>()

  constructor(pipeline: Pipeline, find: (name: ApplicationName) => Application | undefined) {
    this.pipeline = pipeline
    this.find = find
  }

  read({ groups, rows }: Records): void {
    const known = groups.map(({ headers }) => this.lists.get(headers))
    const lists = groups.map(({ headers }, index) => known[index] ?? this.remember(headers))
    const found = groups.map(({ application }) => (application ? this.find(application) : undefined))
    for (let at = 0; at < rows.length; at += Row.WIDTH) {
      const index = rows[at] ?? 0
      const group = groups[index]
      const list = lists[index]
      if (group && list) this.readOne(group, list, known[index] !== undefined, found[index], rows, at)
    }
  }

  private readOne(
    group: RecordGroup,
    list: readonly string[],
    repeats: boolean,
    application: Application | undefined,
    rows: Float64Array,
    at: number,
  ): void {
    const connection = new RemoteConnection(
      0,
      group.remoteAddress,
      rows[at + Row.REMOTE_PORT] ?? 0,
      group.localAddress,
      group.localPort,
      group.encrypted,
    )
    const ctx = new RequestContext(
      this.pipeline,
      connection,
      NOBODY,
      group.method,
      group.target,
      group.httpVersion,
      list,
      null,
      false,
      false,
      rows[at + Row.RECEIVED_AT] ?? 0,
    )
    const { response } = ctx
    ctx.repeatsHeaders = repeats
    ctx.host = group.host
    ctx.path = group.path
    ctx.query = group.query
    ctx.url = group.url
    ctx.site = application?.site ?? null
    ctx.application = application ?? null
    ctx.queue = application?.queue ?? null
    ctx.error = group.error
    ctx.win32Status = rows[at + Row.WIN32_STATUS] ?? 0
    ctx.bytesSent = rows[at + Row.BYTES_SENT] ?? 0
    ctx.bodyBytes = rows[at + Row.BODY_BYTES] ?? 0
    ctx.completedAt = rows[at + Row.COMPLETED_AT] ?? 0
    response.status = rows[at + Row.STATUS] ?? 0
    response.subStatus = rows[at + Row.SUB_STATUS] ?? 0
    response.fromCache = rows[at + Row.FROM_CACHE] === 1
    this.pipeline.record(ctx)
  }

  private remember(headers: string): readonly string[] {
    const list = headers === '' ? [] : headers.split('\n')
    if (this.lists.size >= MOST_LISTS) this.lists.clear()
    this.lists.set(headers, list)
    return list
  }
}

/** It has its response. */
const NOBODY = { send: () => 'CONTINUE' as const, inform: () => undefined }
