/** Drives a cache stage with real request contexts, and with what workers answer written by hand. */
import { ManualClock } from '../../../core/clock.js'
import type { Application, Bytes, Connection, RequestFollower, ServerConfig } from '../../../core/index.js'
import type { Pipeline } from '../../../core/pipeline/pipeline.js'
import { RequestContext } from '../../../core/pipeline/request-context.js'
import { build } from '../../../core/config/build.js'
import { Namespace } from '../../../core/namespace/namespace.js'
import { CacheStage } from '../../../modules/cache/cache-stage.js'
import type { Freshness } from '../../../modules/cache/freshness.js'
import type { CacheLimits } from '../../../modules/cache/limits.js'

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
  outcome: 'CONTINUE' | 'FINISH' | 'PENDING'
  status: number
  /** Names in lower case. */
  fields: Record<string, string>
  body: string
  ctx: RequestContext
}

/** The first minute of 1970, and no leave to be stale. */
export const FRESH: Freshness = {
  bornAt: 0,
  freshUntil: 60_000,
  mustRevalidate: false,
  immutable: false,
  revalidateUntil: 60_000,
  errorUntil: 60_000,
  unreachableUntil: 60_000,
}

let lastId = 0

export type Caching = Application['config']['caching']

const siteOf = (caching: object): ServerConfig['sites'][number] => {
  const bindings = [{ bindingInformation: '*:80:' }]
  const raw = { name: 'a', bindings, applications: [{ path: '/', caching }] }
  const [site] = build({ sites: [raw] }, '/srv/applicationHost.json').sites
  if (!site) throw new Error('no site')
  return site
}

/** The settings of an application that says nothing but this. */
export const cachingOf = (own: object = {}): Caching => {
  const [application] = siteOf(own).applications
  if (!application) throw new Error('no application')
  return application.caching
}

/** An application on a site of its own. */
export const makeApplication = (caching: object = {}): Application => {
  const id = ++lastId
  const site = { id, name: `site ${id}`, config: siteOf(caching) }
  const application = {
    id,
    site,
    path: '/',
    config: { caching: cachingOf(caching), physicalPath: '/srv' },
    queue: { name: `queue ${id}`, edition: 0, outside: 0, hasRoom: true, has: () => true },
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
  readonly application: Application
  readonly stage: CacheStage
  /** Contexts that the stage has resumed, with the outcome. */
  readonly resumed: [RequestContext, string][] = []
  /** Requests of the cache's own. */
  readonly own: RequestContext[] = []

  constructor(limits: Partial<CacheLimits> = {}, caching: object = {}) {
    this.application = makeApplication(caching)
    const namespace = new Namespace()
    namespace.register({ address: '*', port: 80, host: '' }, this.application.site, '/', this.application)
    const all = { enabled: true, maxBytes: 1_000_000, name: '', scavengerPeriod: 120_000, ...limits }
    this.stage = new CacheStage(all, this.clock, namespace)
  }

  private readonly pipeline = {
    resume: (ctx: RequestContext, outcome: string) => {
      this.resumed.push([ctx, outcome])
    },
    refusePending: (ctx: RequestContext, code: string) => {
      this.resumed.push([ctx, code])
    },
    askAgain: (ctx: RequestContext, rawHeaders: readonly string[], follower: RequestFollower) => {
      const own = this.request({ url: ctx.url, host: ctx.host })
      own.rawHeaders = rawHeaders
      own.follower = follower
      this.own.push(own)
    },
  } as unknown as Pipeline

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
      this.pipeline,
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
    ctx.path = url.split('?', 1)[0] ?? url
    return ctx
  }

  /** Only the cache state. */
  ask(asked: Asked = {}): Answered {
    const ctx = this.request(asked)
    return this.read(ctx, this.stage.run(ctx))
  }

  /** Both, where the worker answers at once: the second half sees the context of the first. */
  fetch(raw: Bytes, asked: Asked = {}): Answered {
    const ctx = this.request(asked)
    const outcome = this.stage.run(ctx)
    if (outcome === 'CONTINUE') this.store(raw, asked, ctx)
    return this.read(ctx, outcome)
  }

  /** Only the store state, for a request that came just now. */
  store(raw: Bytes, asked: Asked = {}, ctx = this.request(asked)): void {
    this.routed(ctx, asked.application ?? this.application)
    ctx.response.status = Number(Buffer.from(raw.slice(9, 12)).toString())
    ctx.response.raw = raw
    this.stage.store(ctx)
  }

  /** What of a context's response can be seen. */
  seen(ctx: RequestContext): Answered {
    return this.read(ctx, 'CONTINUE')
  }

  routed(ctx: RequestContext, application: Application): void {
    ctx.application = application
    ctx.site = application.site
    ctx.queue = application.queue
  }

  private read(ctx: RequestContext, outcome: Answered['outcome']): Answered {
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
