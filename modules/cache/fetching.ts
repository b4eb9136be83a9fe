/** What becomes of requests that no stored response answers: they fetch, validate, wait for each other, or just go on. */
import {
  errorTable,
  type Clock,
  type ErrorCode,
  type ModuleScope,
  type RequestContext,
} from '../../core/index.js'
import { answer } from './answer.js'
import type { CacheControl } from './cache-control.js'
import type { Entry } from './entry.js'
import { Fetch, type FetchOwner } from './fetch.js'
import { Fetches } from './fetches.js'
import { mayServe, mayServeOnError } from './freshness.js'
import type { Keeper, Kept } from './keeper.js'
import { readRequestFields, type RequestFields } from './request-fields.js'
import { requestWishes } from './request-wishes.js'
import { ownHeaders, validating } from './validation.js'

const ONLY_IF_CACHED_FIELDS = ['Content-Type', 'text/plain; charset=us-ascii'] as const

/** An error in the sense of stale-if-error (RFC 5861 section 4). */
const ERRORS = new Set([500, 502, 503, 504])
/** A gateway says that it has not reached the application. */
const NOT_REACHED = new Set([502, 504])
/** The application has not answered, and nobody meant it. */
const NO_ANSWER: ReadonlySet<ErrorCode> = new Set([
  'WORKER_LOST',
  'RESET_BY_APP',
  'BAD_GATEWAY',
  'UNAVAILABLE',
  'APP_FAILED',
  'APP_OFFLINE',
])

/** Not about a request, but about its pool. */
const OF_THE_POOL: ReadonlySet<ErrorCode> = new Set([
  'UNAVAILABLE',
  'APP_FAILED',
  'APP_OFFLINE',
  'POOL_DISABLED',
  'QUEUE_FULL',
  'REFUSED',
])

export class Fetching implements FetchOwner {
  private readonly keeper: Keeper
  private readonly clock: Clock
  private readonly namespace: ModuleScope['namespace']
  private readonly fetches = new Fetches()

  constructor(keeper: Keeper, clock: Clock, namespace: ModuleScope['namespace']) {
    this.keeper = keeper
    this.clock = clock
    this.namespace = namespace
  }

  /**
   * @param entry - the stored response that will not do
   */
  miss(
    ctx: RequestContext,
    request: RequestFields,
    entry: Entry | null,
    now: number,
  ): 'CONTINUE' | 'FINISH' | 'PENDING' {
    const wishes = requestWishes(request)
    if (wishes?.onlyIfCached === true) {
      ctx.respond(
        504,
        ONLY_IF_CACHED_FIELDS,
        'No stored response answers this request, and it asked for nothing else.\n',
      )
      return 'FINISH'
    }
    if (request.isForOrigin || ctx.method !== 'GET' || wishes?.noStore === true) return 'CONTINUE'
    const key = this.keeper.keyOfLast(ctx)
    const open = this.fetches.find(key)
    if (open !== null && mayWait(request, wishes) && this.wait(ctx, open)) return 'PENDING'
    // Nobody can wait for a second one, and nobody should where it has been in vain.
    const alone = open !== null || this.fetches.isVain(key, now)
    if (entry === null && (alone || !isWhole(request))) return 'CONTINUE'
    const fetch = new Fetch(this, key, request, ctx.rawHeaders, entry)
    if (!alone) this.fetches.add(fetch)
    ctx.follower = fetch
    fetch.leader = ctx
    if (entry === null) return 'CONTINUE'
    ctx.rawHeaders = validating(ctx.rawHeaders, entry)
    ctx.repeatsHeaders = false
    return 'CONTINUE'
  }

  /** Fetches what is to come after `entry`, for no client; only one request at a time does. */
  refresh(ctx: RequestContext, rawHeaders: readonly string[], entry: Entry): void {
    if (entry.refreshing) return
    entry.refreshing = true
    const headers = ownHeaders(rawHeaders)
    const fetch = new Fetch(this, '', readRequestFields(headers), headers, entry)
    ctx.askAgain(validating(headers, entry), fetch)
  }

  /** A request that waits goes away. */
  leave(ctx: RequestContext): void {
    if (!(ctx.follower instanceof Fetch)) return
    if (ctx.follower.waiting?.delete(ctx) === true && ctx.queue !== null) ctx.queue.outside--
    ctx.follower = null
  }

  /**
   * A worker has answered.
   *
   * @param fetch - what the cache wanted with the request; null where nothing
   * @returns what Cache-Status says of it
   */
  received(ctx: RequestContext, fetch: Fetch | null, now: number): string {
    const { method, response } = ctx
    if (method === 'HEAD') this.keeper.heedHead(ctx, now)
    if (method !== 'GET') return method === 'HEAD' ? 'fwd=uri-miss' : 'fwd=method'
    const stale = fetch?.stale ?? null
    if (fetch !== null && stale !== null && response.status === 304) {
      this.validated(ctx, fetch, stale, now)
      return ''
    }
    if (fetch !== null && stale !== null && ERRORS.has(response.status)) {
      const { status } = response
      if (this.answerInstead(ctx, fetch, stale, `fwd=stale; fwd-status=${status}`, NOT_REACHED.has(status)))
        return ''
    }
    const why = this.reason(ctx, fetch)
    const kept = this.keeper.keep(ctx, fetch?.waiting?.size ?? 0, (what) => {
      this.became(ctx, fetch, what)
    })
    // Not before: where keeping has thrown, the end of the request lets those go who wait.
    if (fetch !== null) fetch.answered = true
    return kept ? `${why}; stored` : why
  }

  rescue(fetch: Fetch, ctx: RequestContext, code: ErrorCode): boolean {
    const { stale } = fetch
    if (stale === null || code === 'POOL_DISABLED' || code === 'REFUSED') return this.shared(fetch, code)
    const unreachable = NO_ANSWER.has(code)
    if (!unreachable && errorTable[code].status < 500) return false
    ctx.rawHeaders = fetch.rawHeaders
    return this.answerInstead(ctx, fetch, stale, 'fwd=stale', unreachable) || this.shared(fetch, code)
  }

  /** What is wrong with the pool is wrong for those who wait too: they would only ask it once more. Never rescues. */
  private shared(fetch: Fetch, code: ErrorCode): false {
    if (!OF_THE_POOL.has(code)) return false
    for (const waiter of this.fetches.settle(fetch, false, this.clock.now())) waiter.refuse(code)
    return false
  }

  lost(fetch: Fetch): void {
    this.settle(fetch, false)
  }

  /** What is being fetched is for `successor` to keep; who waits goes on by itself. */
  handOver(successor: Fetching): Fetching {
    for (const fetch of this.fetches.all()) this.giveUp(fetch)
    return successor
  }

  /** The client's request in the stored response's favour: nothing has changed. */
  private validated(ctx: RequestContext, fetch: Fetch, stale: Entry, now: number): void {
    const why = this.reason(ctx, fetch)
    const renewed = this.keeper.renew(ctx, stale, now)
    ctx.dropResponse()
    answer(ctx, renewed ?? stale, fetch.request, now, `${why}; fwd-status=304`)
    this.settle(fetch, renewed === null || !mayServe(renewed.facts.freshness, null, now))
  }

  /** The stale response in place of an error, if that is allowed; for those who wait too. */
  private answerInstead(
    ctx: RequestContext,
    fetch: Fetch,
    stale: Entry,
    how: string,
    unreachable: boolean,
  ): boolean {
    const now = this.clock.now()
    const { freshness } = stale.facts
    if (!mayServeOnError(freshness, requestWishes(fetch.request), now, unreachable)) return false
    ctx.dropResponse()
    answer(ctx, stale, fetch.request, now, how)
    stale.refreshing = false
    for (const waiter of this.fetches.settle(fetch, false, now)) {
      const request = readRequestFields(waiter.rawHeaders)
      if (mayServeOnError(freshness, requestWishes(request), now, unreachable)) {
        answer(waiter, stale, request, now, `${how}; collapsed`)
        waiter.resume('FINISH')
      } else this.goOn(waiter, now)
    }
    return true
  }

  private became(ctx: RequestContext, fetch: Fetch | null, what: Kept): void {
    const stale = fetch?.stale ?? null
    // It has been replaced by something that must not be kept.
    if (what === 'unfit' && stale !== null && ctx.response.status < 500) this.keeper.drop(ctx, stale)
    if (fetch === null) return
    const unusable = typeof what === 'object' && !mayServe(what.facts.freshness, null, this.clock.now())
    this.settle(fetch, what === 'unfit' || unusable)
  }

  /** Joins those who wait for it; false where that is not wanted here. */
  private wait(ctx: RequestContext, fetch: Fetch): boolean {
    const { connection, host, path } = ctx
    const { application } = this.namespace.find(connection.localAddress, connection.localPort, host, path)
    if (!application) return false
    const { enabled, coalesceTimeLimit } = application.config.caching
    if (!enabled || coalesceTimeLimit === 0 || !application.queue.hasRoom) return false
    // Of a URL of which nothing was kept yet: what is for one client only, or never ends, most likely shows in the request.
    if (fetch.stale === null && isPersonal(ctx)) return false
    // For the log, if its client goes away meanwhile; the route stage will set them again.
    ctx.application = application
    ctx.site = application.site
    ctx.queue = application.queue
    ctx.queue.outside++
    fetch.waiting ??= new Set()
    fetch.waiting.add(ctx)
    ctx.follower = fetch
    if (fetch.cancelLimit === null) this.limit(fetch, coalesceTimeLimit)
    return true
  }

  /** The time that a request waits for a worker does not count: those who wait for it would wait as well. */
  private limit(fetch: Fetch, milliseconds: number): void {
    fetch.cancelLimit = this.clock.after(milliseconds, () => {
      if (fetch.leader !== null && fetch.leader.state === 'queue') this.limit(fetch, milliseconds)
      else this.giveUp(fetch)
    })
  }

  /** It takes too long: who waits goes on by itself. */
  private giveUp(fetch: Fetch): void {
    const now = this.clock.now()
    for (const waiter of this.fetches.release(fetch, now)) this.goOn(waiter, now)
  }

  /** @param vain - those who waited get nothing out of it, and nobody shall wait again for a while */
  private settle(fetch: Fetch, vain: boolean): void {
    const now = this.clock.now()
    if (fetch.stale !== null) fetch.stale.refreshing = false
    for (const waiter of this.fetches.settle(fetch, vain, now)) this.goOn(waiter, now)
  }

  /** A request that has waited is answered, or fetches itself, or waits for another one of those that did. */
  private goOn(waiter: RequestContext, now: number): void {
    const request = readRequestFields(waiter.rawHeaders)
    const entry = this.keeper.find(waiter)
    if (entry !== null && mayServe(entry.facts.freshness, requestWishes(request), now)) {
      answer(waiter, entry, request, now, 'fwd=uri-miss; collapsed')
      waiter.resume('FINISH')
      return
    }
    const outcome = this.miss(waiter, request, entry, now)
    if (outcome !== 'PENDING') waiter.resume(outcome)
  }

  private reason(ctx: RequestContext, fetch: Fetch | null): string {
    if (this.keeper.name === '') return ''
    if (fetch?.stale)
      return mayServe(fetch.stale.facts.freshness, null, this.clock.now()) ? 'fwd=request' : 'fwd=stale'
    if (ctx.application?.config.caching.enabled !== true) return 'fwd=bypass'
    return this.keeper.hasOthers(ctx) ? 'fwd=vary-miss' : 'fwd=uri-miss'
  }
}

/** Whether somebody else's response can be what it asks for. */
const mayWait = (request: RequestFields, wishes: CacheControl | null): boolean =>
  !request.hasAuthorization &&
  (wishes === null || !(wishes.noCache || wishes.maxAge !== undefined || wishes.minFresh !== undefined))

/** Whether what comes can be the whole response, for everybody. */
const isWhole = (request: RequestFields): boolean =>
  !request.hasAuthorization &&
  request.ifNoneMatch === undefined &&
  request.ifModifiedSince === undefined &&
  request.range === undefined

const isPersonal = (ctx: RequestContext): boolean =>
  ctx.header('cookie') !== undefined || (ctx.header('accept')?.includes('text/event-stream') ?? false)
