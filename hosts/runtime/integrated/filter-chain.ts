/** The filters of one application as a module of its pipeline: which notification belongs to which event. */
import type { AccessDenied, FilterNotification, FilterStatus } from '../../../core/contract/filter.js'
import type { SettledOutcome } from '../../../core/contract/stage.js'
import type { RequestModule } from '../../../core/contract/worker-module.js'
import { RequestFilterContext } from './filter-context.js'
import { failureOf, refusePromise } from './filter-failure.js'
import { credentialsOf, setCredentials } from './filter-credentials.js'
import { FilterRequestHeaders, FilterResponseHeaders } from './filter-headers.js'
import { FilterLogRecord } from './filter-log.js'
import type { LoadedFilter } from './load-filter.js'
import type { WorkerContext } from './worker-context.js'

type Call = (filter: LoadedFilter, pfc: RequestFilterContext) => FilterStatus | Promise<FilterStatus>
type Settled = SettledOutcome | Promise<SettledOutcome>

export class FilterChain implements RequestModule<WorkerContext> {
  readonly beginRequest?: (ctx: WorkerContext) => Settled
  readonly authenticate?: (ctx: WorkerContext) => Settled
  readonly mapHandler?: (ctx: WorkerContext) => Settled
  readonly log?: (ctx: WorkerContext) => SettledOutcome
  readonly end?: (ctx: WorkerContext) => SettledOutcome
  readonly sendResponse?: (ctx: WorkerContext) => void
  private readonly filters: readonly LoadedFilter[]

  /** @param filters - in their order */
  constructor(filters: readonly LoadedFilter[]) {
    this.filters = filters
    const preproc = this.hearing('preprocHeaders')
    const maps = this.hearing('urlMap')
    const denied = this.hearing('accessDenied')
    const completes = this.hearing('authComplete')
    const authentication = this.hearing('authentication')
    const sends = this.hearing('sendResponse')
    const logs = this.hearing('log')
    const ends = this.hearing('endOfRequest')
    // An event that no filter hears of is no step of the pipeline.
    if (preproc.length + maps.length + denied.length > 0)
      this.beginRequest = (ctx) => {
        if (denied.length > 0) ctx.onDenied = (subStatus) => this.accessDenied(ctx, denied, subStatus)
        return then(this.preprocHeaders(ctx, preproc), () => this.urlMap(ctx, maps))
      }
    if (authentication.length > 0) this.authenticate = (ctx) => this.authentication(ctx, authentication)
    if (completes.length + maps.length > 0)
      this.mapHandler = (ctx) => {
        const { url } = ctx.request
        return then(this.authComplete(ctx, completes), () =>
          ctx.request.url === url ? 'CONTINUE' : this.urlMap(ctx, maps),
        )
      }
    if (sends.length + denied.length > 0)
      this.sendResponse = (ctx) => {
        this.headLeaves(ctx, sends)
      }
    if (logs.length > 0)
      this.log = (ctx) => {
        const record = new FilterLogRecord(ctx)
        this.tell(ctx, 'log', logs, ({ filter }, pfc) => filter.log?.(pfc, record))
        return 'CONTINUE'
      }
    if (ends.length > 0)
      this.end = (ctx) => {
        this.tell(ctx, 'endOfRequest', ends, ({ filter }, pfc) => filter.endOfRequest?.(pfc))
        return 'CONTINUE'
      }
  }

  /** @throws what the first one that failed has thrown, when all have heard. */
  endOfConnection(items: Map<unknown, unknown>): void {
    let failed: Error | null = null
    for (const one of this.filters) {
      try {
        refusePromise(one.filter.endOfNetSession?.(items.get(one)))
      } catch (error) {
        failed ??= failureOf(one, 'endOfNetSession', error)
      }
    }
    if (failed) throw failed
  }

  async close(deadline: number): Promise<void> {
    for (const { filter } of [...this.filters].reverse()) await filter.unload?.(deadline)
  }

  private hearing(notification: FilterNotification): LoadedFilter[] {
    return this.filters.filter(({ filter }) => filter[notification] !== undefined)
  }

  private preprocHeaders(ctx: WorkerContext, filters: readonly LoadedFilter[]): Settled {
    if (filters.length === 0) return 'CONTINUE'
    const headers = new FilterRequestHeaders(ctx)
    return this.notify(ctx, 'preprocHeaders', filters, ({ filter }, pfc) =>
      filter.preprocHeaders ? filter.preprocHeaders(pfc, headers) : 'REQ_NEXT_NOTIFICATION',
    )
  }

  private urlMap(ctx: WorkerContext, filters: readonly LoadedFilter[]): Settled {
    if (filters.length === 0) return 'CONTINUE'
    const map = { url: ctx.path, physicalPath: ctx.physicalPath }
    const settled = this.notify(ctx, 'urlMap', filters, ({ filter }, pfc) =>
      filter.urlMap ? filter.urlMap(pfc, map) : 'REQ_NEXT_NOTIFICATION',
    )
    return then(settled, () => {
      ctx.physicalPath = map.physicalPath
      return 'CONTINUE'
    })
  }

  private authentication(ctx: WorkerContext, filters: readonly LoadedFilter[]): Settled {
    const before = credentialsOf(ctx.request)
    const credentials = { ...before }
    const settled = this.notify(ctx, 'authentication', filters, ({ filter }, pfc) =>
      filter.authentication ? filter.authentication(pfc, credentials) : 'REQ_NEXT_NOTIFICATION',
    )
    return then(settled, () => {
      setCredentials(ctx.request, before, credentials)
      return 'CONTINUE'
    })
  }

  private authComplete(ctx: WorkerContext, filters: readonly LoadedFilter[]): Settled {
    if (filters.length === 0) return 'CONTINUE'
    const headers = new FilterRequestHeaders(ctx)
    return this.notify(ctx, 'authComplete', filters, ({ filter }, pfc) =>
      filter.authComplete ? filter.authComplete(pfc, headers) : 'REQ_NEXT_NOTIFICATION',
    )
  }

  /** Answers whether a filter has answered in place of the error page. */
  private accessDenied(ctx: WorkerContext, filters: readonly LoadedFilter[], subStatus: number): boolean {
    const reason = REASONS[subStatus] ?? 'APPLICATION'
    const denied = { url: ctx.path, physicalPath: ctx.physicalPath, reason }
    const settled = this.notify(ctx, 'accessDenied', filters, (one, pfc) => {
      const status = one.filter.accessDenied?.(pfc, denied) ?? 'REQ_NEXT_NOTIFICATION'
      refusePromise(status)
      return status
    })
    return settled === 'FINISH'
  }

  /**
   * Statuses but HANDLED do not matter here: the response is on its way, and goes. One that fails keeps no other from hearing.
   *
   * @throws what the first one that failed has thrown.
   */
  private headLeaves(ctx: WorkerContext, filters: readonly LoadedFilter[]): void {
    if (ctx.response.statusCode === 401) for (const one of this.filters) this.contextOf(ctx, one).denied()
    const headers = new FilterResponseHeaders(ctx.response)
    let failed: Error | null = null
    for (const one of filters) {
      const pfc = this.contextOf(ctx, one)
      if (!pfc.hears('sendResponse')) continue
      try {
        const status = one.filter.sendResponse?.(pfc, headers)
        if (status === 'REQ_HANDLED_NOTIFICATION') break
        refusePromise(status)
      } catch (error) {
        failed ??= failureOf(one, 'sendResponse', error)
      }
    }
    if (failed) throw failed
  }

  /**
   * A notification that has no answer: all hear of it.
   *
   * @throws what the first one that failed has thrown.
   */
  private tell(
    ctx: WorkerContext,
    notification: FilterNotification,
    filters: readonly LoadedFilter[],
    call: (filter: LoadedFilter, pfc: RequestFilterContext) => unknown,
  ): void {
    let failed: Error | null = null
    for (const one of filters) {
      try {
        const pfc = this.contextOf(ctx, one)
        if (pfc.hears(notification)) refusePromise(call(one, pfc))
      } catch (error) {
        failed ??= failureOf(one, notification, error)
      }
    }
    if (failed) throw failed
  }

  /** Asks one filter after the other, synchronously until one answers with a promise. */
  private notify(
    ctx: WorkerContext,
    notification: FilterNotification,
    filters: readonly LoadedFilter[],
    call: Call,
    from = 0,
  ): Settled {
    for (let index = from; index < filters.length; index++) {
      const one = filters[index] as LoadedFilter
      const pfc = this.contextOf(ctx, one)
      if (!pfc.hears(notification)) continue
      let status: FilterStatus | Promise<FilterStatus>
      try {
        status = call(one, pfc)
      } catch (error) {
        throw failureOf(one, notification, error)
      }
      if (status instanceof Promise) {
        return status.then(
          (settled) => {
            const outcome = follow(ctx, one, notification, settled)
            return outcome === 'NEXT' ? this.notify(ctx, notification, filters, call, index + 1) : outcome
          },
          (error: unknown) => {
            throw failureOf(one, notification, error)
          },
        )
      }
      const outcome = follow(ctx, one, notification, status)
      if (outcome !== 'NEXT') return outcome
    }
    return 'CONTINUE'
  }

  private contextOf(ctx: WorkerContext, one: LoadedFilter): RequestFilterContext {
    const contexts = (ctx.filterContexts ??= new Array<RequestFilterContext | undefined>(this.filters.length))
    return (contexts[one.at] ??= new RequestFilterContext(ctx, one))
  }
}

/** IIS's sub-status of 401, as the reason that a filter is told. */
const REASONS: readonly (AccessDenied['reason'] | undefined)[] = [
  undefined,
  'LOGON',
  'BY_CONFIG',
  'RESOURCE',
  'FILTER',
  'APPLICATION',
]

/** What a filter's answer leads to; `NEXT` is the next filter. */
const follow = (
  ctx: WorkerContext,
  { name }: LoadedFilter,
  notification: FilterNotification,
  status: FilterStatus,
): SettledOutcome | 'NEXT' => {
  switch (status) {
    case 'REQ_NEXT_NOTIFICATION':
      return 'NEXT'
    case 'REQ_HANDLED_NOTIFICATION':
      return 'CONTINUE'
    case 'REQ_FINISHED':
      ctx.response.shouldKeepAlive = false
      ctx.response.end()
      ctx.request.socket.end()
      return 'FINISH'
    case 'REQ_FINISHED_KEEP_CONN':
      ctx.response.end()
      return 'FINISH'
    case 'REQ_ERROR':
      ctx.sendError(500, 0, new Error(`Filter "${name}" answered REQ_ERROR to ${notification}`))
      return 'FINISH'
    default:
      throw new TypeError(`Filter "${name}" answered ${status} to ${notification}`)
  }
}

const then = (settled: Settled, next: () => Settled): Settled => {
  if (typeof settled === 'object')
    return settled.then((outcome) => (outcome === 'CONTINUE' ? next() : outcome))
  return settled === 'CONTINUE' ? next() : settled
}
