/** Drives a cache stage with real request contexts, and with what workers answer written by hand. */
import { ManualClock } from '../../../core/clock.js'
import type { Application, Bytes, Connection } from '../../../core/index.js'
import { RequestContext } from '../../../core/pipeline/request-context.js'
import { CacheStage, type CacheLimits } from '../../../modules/cache/cache-stage.js'

export const START = Date.parse('Sun, 06 Nov 1994 08:49:37 GMT')
export const DATE = 'Date: Sun, 06 Nov 1994 08:49:37 GMT'

export interface Asked {
  method?: string
  url?: string
  host?: string
  headers?: string[]
  keepAlive?: boolean
  address?: string
  port?: number
  body?: boolean
  application?: Application
}

export interface Answered {
  outcome: 'CONTINUE' | 'FINISH'
  status: number
  /** Names in lower case. */
  fields: Record<string, string>
  body: string
  ctx: RequestContext
}

let lastId = 0

/** An application on a site of its own. */
export const makeApplication = (caching = true): Application => {
  const id = ++lastId
  const site = { id, name: `site ${id}`, config: {} }
  const application = {
    id,
    site,
    path: '/',
    config: { caching: { enabled: caching } },
    queue: { name: `queue ${id}` },
  }
  return application as unknown as Application
}

/** The text of a response: head lines, then the body. */
export const response = (lines: string[], body = '', status = '200 OK'): string =>
  [`HTTP/1.1 ${status}`, ...lines, 'Connection: keep-alive', '', body].join('\r\n')

/** One as node writes it: with its Date and its length. */
export const page = (cacheControl: string, body = 'hello', lines: string[] = [], status = '200 OK'): string =>
  response([`Cache-Control: ${cacheControl}`, ...lines, DATE, `Content-Length: ${body.length}`], body, status)

export class Driver {
  readonly clock = new ManualClock(START)
  readonly application = makeApplication()
  readonly stage: CacheStage

  constructor(limits: Partial<CacheLimits> = {}) {
    this.stage = new CacheStage({ maxBytes: 1_000_000, maxResponseBytes: 100_000, ...limits }, this.clock)
  }

  request({
    method = 'GET',
    url = '/',
    host = 'a.example',
    headers = [],
    ...asked
  }: Asked = {}): RequestContext {
    const connection = {
      id: 1,
      localAddress: asked.address ?? '127.0.0.1',
      localPort: asked.port ?? 80,
      encrypted: false,
    } as Connection
    const keepAlive = asked.keepAlive ?? true
    const incoming = asked.body === true ? ({} as never) : null
    const raw = ['Host', host, ...headers]
    const now = this.clock.now()
    const none = {} as never
    const ctx = new RequestContext(
      none,
      connection,
      none,
      method,
      url,
      '1.1',
      raw,
      incoming,
      keepAlive,
      false,
      now,
    )
    ctx.host = host
    ctx.url = url
    return ctx
  }

  /** Only the cache state. */
  ask(asked: Asked = {}): Answered {
    const ctx = this.request(asked)
    return this.read(ctx, this.stage.run(ctx))
  }

  /** Only the store state, for a request that came just now. */
  store(raw: Bytes, asked: Asked = {}, ctx = this.request(asked)): void {
    this.routed(ctx, asked.application ?? this.application)
    ctx.response.status = Number(Buffer.from(raw.slice(9, 12)).toString())
    ctx.response.raw = raw
    this.stage.store(ctx)
  }

  routed(ctx: RequestContext, application: Application): void {
    ctx.application = application
    ctx.site = application.site
    ctx.queue = application.queue
  }

  private read(ctx: RequestContext, outcome: 'CONTINUE' | 'FINISH'): Answered {
    const { status, raw, headers, body } = ctx.response
    if (raw === null) {
      const names = headers.filter((_, at) => at % 2 === 0)
      const fields = Object.fromEntries(
        names.map((name, at) => [name.toLowerCase(), headers[2 * at + 1] ?? '']),
      )
      return { outcome, status, fields, body: typeof body === 'string' ? body : '', ctx }
    }
    const text = typeof raw === 'string' ? raw : Buffer.from(raw).toString('latin1')
    const [head = '', ...rest] = text.split('\r\n\r\n')
    const [statusLine = '', ...lines] = head.split('\r\n')
    if (!statusLine.startsWith(`HTTP/1.1 ${status} `)) throw new Error(`status ${status}, but ${statusLine}`)
    const fields: Record<string, string> = {}
    for (const line of lines) {
      const [name = '', value = ''] = line.split(/: (.*)/)
      if (name.toLowerCase() in fields) throw new Error(`${name} twice`)
      fields[name.toLowerCase()] = value
    }
    return { outcome, status, fields, body: rest.join('\r\n\r\n'), ctx }
  }
}

/** Whether a request is a hit when `raw` was stored for another before. */
export const hits = (raw: string, stored: Asked = {}, asked: Asked = stored, later = 0): boolean => {
  const driver = new Driver()
  driver.store(raw, stored)
  driver.clock.advance(later)
  return driver.ask(asked).outcome === 'FINISH'
}
