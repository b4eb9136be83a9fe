/** The standard stage of slot `cache`: answers from stored responses, and hands what workers answer on to be kept. */
import {
  changesResponses,
  defineStage,
  type Clock,
  type ConfigurationChanges,
  type FlushTarget,
  type ModuleScope,
  type RequestContext,
  type ServerConfig,
  type Stage,
} from '../../core/index.js'
import { answer } from './answer.js'
import { addCacheStatus } from './cache-status.js'
import type { Entry } from './entry.js'
import { Fetch } from './fetch.js'
import { Fetching } from './fetching.js'
import { flushFilter } from './flush-filter.js'
import { mayServe, mayServeStale } from './freshness.js'
import { isCacheable, Keeper } from './keeper.js'
import { limitsOf, type CacheLimits } from './limits.js'
import { readRequestFields, type RequestFields } from './request-fields.js'
import { requestWishes } from './request-wishes.js'
import { startScavenger } from './scavenger.js'

/** A shared cache by RFC 9111, in front of the routing: a hit touches no queue and no worker. */
export class CacheStage implements Stage {
  readonly repeatable = true
  private limits: CacheLimits
  private keeper: Keeper
  private fetching: Fetching
  private stopScavenger: () => void
  private readonly clock: Clock
  private readonly namespace: ModuleScope['namespace']

  constructor(limits: CacheLimits, clock: Clock, namespace: ModuleScope['namespace']) {
    this.limits = limits
    this.clock = clock
    this.namespace = namespace
    this.keeper = new Keeper(limits, clock)
    this.fetching = new Fetching(this.keeper, clock, namespace)
    this.stopScavenger = this.scavenge()
  }

  /** `FINISH` with the response set; `CONTINUE` for a miss; `PENDING` while another request fetches the same. */
  run(ctx: RequestContext): 'CONTINUE' | 'FINISH' | 'PENDING' {
    if (!this.limits.enabled || !isCacheable(ctx)) return 'CONTINUE'
    const request = readRequestFields(ctx.rawHeaders)
    const now = this.clock.now()
    const entry = request.isForOrigin ? null : this.keeper.find(ctx)
    if (entry !== null && this.serve(ctx, entry, request, now)) return 'FINISH'
    return this.fetching.miss(ctx, request, entry, now)
  }

  /** As `run`, but a request that is no hit is left as it is. */
  peek(ctx: RequestContext): 'CONTINUE' | 'FINISH' {
    if (!this.limits.enabled || !isCacheable(ctx)) return 'CONTINUE'
    const request = readRequestFields(ctx.rawHeaders)
    const entry = request.isForOrigin ? null : this.keeper.find(ctx)
    return entry !== null && this.serve(ctx, entry, request, this.clock.now()) ? 'FINISH' : 'CONTINUE'
  }

  /** The client of a request that waits for another one has gone. */
  cancel(ctx: RequestContext): void {
    this.fetching.leave(ctx)
  }

  /** Keeps the response if that is allowed and of use; forgets those that it makes untrue. */
  store(ctx: RequestContext): void {
    if (!this.limits.enabled) return
    const fetch = ctx.follower instanceof Fetch ? ctx.follower : null
    // What was added to it was the cache's own.
    if (fetch !== null) ctx.rawHeaders = fetch.rawHeaders
    const now = this.clock.now()
    if (ctx.site !== null) this.keeper.heedChange(ctx, ctx.site.id, now)
    const how = this.fetching.received(ctx, fetch, now)
    if (this.limits.name !== '' && !ctx.response.fromCache) addCacheStatus(ctx, this.limits.name, how)
  }

  /** Forgets everything, or what fits, and does not keep what was asked for before now. */
  flush(what: FlushTarget = {}): number {
    return this.keeper.forget(flushFilter(what), this.clock.now())
  }

  /** Another size means to begin anew. */
  configure(config: ServerConfig, changes: ConfigurationChanges): void {
    const resized = changes.server.some(({ key }) => key.startsWith('caching.'))
    if (resized || changesResponses(changes)) this.flush()
    if (!resized) return
    this.close()
    this.limits = limitsOf(config)
    const now = this.clock.now()
    this.keeper = new Keeper(this.limits, this.clock)
    this.keeper.forget(() => true, now)
    this.fetching = this.fetching.handOver(new Fetching(this.keeper, this.clock, this.namespace))
    this.stopScavenger = this.scavenge()
  }

  close(): void {
    this.stopScavenger()
    this.keeper.close()
  }

  /** Whether it has answered: with what is fresh, or with what is being validated behind the client's back. */
  private serve(ctx: RequestContext, entry: Entry, request: RequestFields, now: number): boolean {
    const wishes = requestWishes(request)
    const { freshness } = entry.facts
    if (mayServe(freshness, wishes, now)) {
      answer(ctx, entry, request, now)
      return true
    }
    if (!mayServeStale(freshness, wishes, now)) return false
    const { rawHeaders } = ctx
    answer(ctx, entry, request, now)
    this.fetching.refresh(ctx, rawHeaders, entry)
    return true
  }

  private scavenge(): () => void {
    if (!this.limits.enabled) return () => undefined
    return startScavenger({
      clock: this.clock,
      store: () => this.keeper.responses,
      period: this.limits.scavengerPeriod,
    })
  }
}

export default defineStage({
  name: 'cache',
  slot: 'cache',
  setup(scope) {
    const stage = new CacheStage(limitsOf(scope.config), scope.clock, scope.namespace)
    scope.onClose(() => {
      stage.flush()
      stage.close()
    })
    return stage
  },
})
