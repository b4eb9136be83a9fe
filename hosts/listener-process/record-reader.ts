/** In the server: lets the requests that have ended in listener processes pass the log stages. */
import { RequestContext } from '../../core/index.js'
import type { Application } from '../../core/namespace/application.js'
import type { Pipeline } from '../../core/pipeline/pipeline.js'
import type { ApplicationName } from './messages.js'
import { Row, type RecordGroup, type Records } from './records.js'
import { RemoteConnection } from './remote-connection.js'

/** Lists of headers that are remembered: the same list means to the logs that nothing need be escaped again. */
const MOST_LISTS = 1000

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
    const connection = new RemoteConnection(0, {
      remoteAddress: group.remoteAddress,
      remotePort: rows[at + Row.REMOTE_PORT] ?? 0,
      localAddress: group.localAddress,
      localPort: group.localPort,
      encrypted: group.encrypted,
    })
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
