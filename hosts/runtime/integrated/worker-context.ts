/** One request on its way through the integrated pipeline of its application: what core/contract/http-context.ts promises. */
import { resolve } from 'node:path'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ExecuteUrl, ExecuteUrlStatus, HttpContext, User } from '../../../core/contract/http-context.js'
import type { ApplicationSettings, LoggedFacts } from '../../../core/contract/messages.js'
import type { Walked } from '../../../core/pipeline/runner.js'
import type { Exchange } from '../exchange.js'
import type { HostedRequest } from '../hosted-request.js'
import type { StandInSocket } from '../stand-in-socket.js'
import { sendErrorPage, type ErrorFacts } from './error-page.js'
import type { RequestFilterContext } from './filter-context.js'
import type { IntegratedPipeline } from './integrated-pipeline.js'
import type { MappedHandler } from './mapped-handler.js'
import { pathOf, queryOf } from './url-path.js'

const CONNECTION_ITEMS = Symbol('connection items')

interface ConnectionSocket extends StandInSocket {
  [CONNECTION_ITEMS]?: Map<unknown, unknown>
}

export class WorkerContext implements HttpContext, Walked {
  readonly request: HostedRequest
  readonly response: ServerResponse
  readonly application: ApplicationSettings
  readonly expectsContinue: boolean
  /** Null for requests that no client has made (warm-up). */
  readonly exchange: Exchange | null
  readonly parent: WorkerContext | null
  user: User | null = null
  mapped: MappedHandler | null = null
  subStatus = 0
  readonly logged: LoggedFacts = {}
  /** The error that `sendError` has answered with. */
  error: ErrorFacts | null = null
  /** The response is complete, or its client has gone. */
  completed = false
  /** Traces of this request, where it is traced. */
  onTrace: ((source: string, text: string) => void) | null = null
  /** The child request that is being executed. */
  child: WorkerContext | null = null
  /** A child passes on: only mappings behind this one are tried. */
  mappedAfter: MappedHandler | null = null
  disableCustomError = false
  /** What each filter keeps of this request, by its place among them. */
  filterContexts: (RequestFilterContext | undefined)[] | null = null
  /** Filters that want to answer a 401 themselves: asked before the error page, answers whether they have. */
  onDenied: ((subStatus: number) => boolean) | null = null
  onChildDone: () => void = () => undefined

  // --- Walked
  state = 'beginRequest'
  step = 0
  pending = false

  private readonly pipeline: IntegratedPipeline
  private notes: Map<unknown, unknown> | null = null
  private file: string | null = null
  private pathFor = ''
  private decoded = '/'

  constructor(
    pipeline: IntegratedPipeline,
    application: ApplicationSettings,
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
    exchange: Exchange | null,
    parent: WorkerContext | null,
  ) {
    this.pipeline = pipeline
    this.application = application
    this.request = request
    this.response = response
    this.expectsContinue = expectsContinue
    this.exchange = exchange
    this.parent = parent
  }

  get handler(): MappedHandler['settings'] | null {
    return this.mapped?.settings ?? null
  }

  get path(): string {
    const { url = '/' } = this.request
    if (url !== this.pathFor) {
      this.pathFor = url
      const { application, request } = this
      // Kept whole where the application wants it so: the mount is no part of what lies in its folder.
      const whole = application.pathBase === 'keep' && request.originalUrl !== undefined
      this.decoded = pathOf(whole ? url.slice(application.mount.length) || '/' : url)
    }
    return this.decoded
  }

  get query(): string {
    return queryOf(this.request.url ?? '')
  }

  get physicalPath(): string {
    return (this.file ??= this.mapPath(this.path))
  }

  set physicalPath(path: string) {
    this.file = path
  }

  get isLocal(): boolean {
    const { remoteAddress, localAddress } = this.request.socket
    return (
      remoteAddress === localAddress || remoteAddress === '::1' || remoteAddress?.startsWith('127.') === true
    )
  }

  get items(): Map<unknown, unknown> {
    return (this.notes ??= new Map())
  }

  get connectionItems(): Map<unknown, unknown> {
    const socket = this.request.socket as unknown as ConnectionSocket
    const known = socket[CONNECTION_ITEMS]
    if (known) return known
    return (socket[CONNECTION_ITEMS] = new Map<unknown, unknown>())
  }

  serverVariable(name: string): string | undefined {
    return this.request.serverVariables?.get(name)
  }

  rewrite(url: string): void {
    const { request, application } = this
    request.originalUrl ??= request.url ?? '/'
    request.url = application.pathBase === 'keep' ? application.mount + url : url
    this.file = null
  }

  mapPath(path: string): string {
    // `path` is without dot segments, and a NUL is refused by the listener; still nothing may lead out.
    return resolve(this.application.physicalPath, `.${pathOf(path)}`)
  }

  appendLogParameter(text: string): void {
    const { logged } = this
    const before = logged.query ?? this.originalQuery
    logged.query = before === '' ? text : `${before}&${text}`
  }

  sendError(status: number, subStatus = 0, detail?: unknown): void {
    const { onDenied } = this
    if (status === 401 && onDenied && !this.response.headersSent) {
      // Once: what a filter answers may be an error itself.
      this.onDenied = null
      if (onDenied(subStatus)) return
    }
    sendErrorPage(this, status, subStatus, detail)
  }

  executeUrl(child: ExecuteUrl): Promise<ExecuteUrlStatus> {
    return this.pipeline.executeUrl(this, child)
  }

  trace(source: string, text: string): void {
    this.onTrace?.(source, text)
  }

  childDone(): void {
    this.onChildDone()
  }

  /** Tells the listener what the log is to say, if that is anything. */
  tellLogged(): void {
    const { logged, user, exchange } = this
    if (user && user.name !== '') logged.user ??= user.name
    if (Object.keys(logged).length > 0) exchange?.tellLogged(logged)
  }

  /** What the client has asked for, whatever was put in its place since. */
  private get originalQuery(): string {
    return queryOf(this.request.originalUrl ?? this.request.url ?? '')
  }
}

/** What modules have left on a connection, if one has. */
export const connectionItemsOf = (socket: StandInSocket): Map<unknown, unknown> | undefined =>
  (socket as ConnectionSocket)[CONNECTION_ITEMS]
