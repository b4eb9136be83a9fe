/** The standard stage of slot `cache`: answers from stored responses, and stores what workers answer. */
import { freemem } from 'node:os'
import {
  changesResponses,
  defineStage,
  type Clock,
  type ConfigurationChanges,
  type RequestContext,
  type ServerConfig,
  type Stage,
} from '../../core/index.js'
import { answer } from './answer.js'
import { addressOf, doorOf } from './cache-key.js'
import { CollectingBudget, Collector } from './collector.js'
import { draftOf, entryOf } from './draft.js'
import type { Entry } from './entry.js'
import { mayServe } from './freshness.js'
import { EntryHit, type Hit, type HitSource } from './hit.js'
import { changedAddresses, changes } from './invalidation.js'
import { isStorableStatus } from './may-store.js'
import { isPlain, readRequestFields, type RequestFields } from './request-fields.js'
import { requestWishes } from './request-wishes.js'
import { afterHead, headText } from './response-head.js'
import { ResponseStore } from './response-store.js'

const MEGABYTE = 1_048_576
/** Less than any response has: the cache is off. */
const NOTHING = -1
const MOST_AUTOMATIC = 512 * MEGABYTE

/** Bounds of the cache, in bytes. */
export interface CacheLimits {
  readonly maxBytes: number
  /** Longest response that is kept, head and body as they came. */
  readonly maxResponseBytes: number
}

/** A shared cache by RFC 9111, with explicit freshness only; it never asks a worker whether a response is still good. */
export class CacheStage implements Stage, HitSource {
  readonly repeatable = true
  private responses: ResponseStore
  private budget: CollectingBudget
  private maxResponseBytes: number
  private readonly clock: Clock

  constructor(limits: CacheLimits, clock: Clock) {
    this.responses = new ResponseStore(limits.maxBytes)
    this.budget = new CollectingBudget(limits.maxBytes)
    this.maxResponseBytes = limits.maxResponseBytes
    this.clock = clock
  }

  /** `FINISH` with the response set for a hit; `CONTINUE` for a miss. */
  run(ctx: RequestContext): 'CONTINUE' | 'FINISH' {
    if (this.isOff || !isCacheable(ctx)) return 'CONTINUE'
    const request = readRequestFields(ctx.rawHeaders)
    const now = this.clock.now()
    const entry = this.find(ctx, request, now)
    if (entry !== null) {
      answer(ctx, entry, request, now)
      return 'FINISH'
    }
    if (requestWishes(request)?.onlyIfCached !== true) return 'CONTINUE'
    ctx.respond(
      504,
      ONLY_IF_CACHED_FIELDS,
      'No stored response answers this request, and it asked for nothing else.\n',
    )
    return 'FINISH'
  }

  /** Stores the response if that is allowed and of use; forgets those that it makes untrue. */
  store(ctx: RequestContext): void {
    if (this.isOff) return
    const { application, response, site } = ctx
    const { raw, status, stream } = response
    if (site !== null && changes(ctx.method, status)) this.invalidate(ctx, site.id)
    if (ctx.method !== 'GET' || raw === null || !isStorableStatus(status) || !isCacheable(ctx)) return
    if (response.noStore || !application?.config.caching.enabled) return
    const head = headText(raw)
    if (head === null) return
    const draft = draftOf(ctx, application, head, this.clock.now())
    if (draft === null) return
    const longest = this.maxResponseBytes - head.length
    if (typeof draft.framing === 'number' && draft.framing > longest) return
    const collector = new Collector(this.budget, longest, (body) => {
      const entry = entryOf(draft, body, this.clock.now())
      if (entry === null) return
      this.responses.put(doorOf(ctx.connection), addressOf(ctx.host, ctx.url), ctx, ctx.receivedAt, entry)
    })
    collector.write(afterHead(raw, head))
    if (stream === null) collector.end()
    else stream.tap(collector)
  }

  lookup(ctx: RequestContext): Hit | null {
    if (this.isOff || ctx.method !== 'GET' || !ctx.keepAlive || !isCacheable(ctx)) return null
    const request = readRequestFields(ctx.rawHeaders)
    if (!isPlain(request)) return null
    const entry = this.find(ctx, request, this.clock.now())
    return entry === null ? null : new EntryHit(entry)
  }

  /** Forgets everything, and does not keep what was asked for before now. */
  flush(): void {
    this.responses.clear(this.clock.now())
  }

  /** Another size means to begin anew. */
  configure({ caching }: ServerConfig, changes: ConfigurationChanges): void {
    const resized = changes.server.some(({ key }) => key.startsWith('caching.'))
    if (resized || changesResponses(changes)) this.flush()
    if (!resized) return
    const limits = limitsOf(caching)
    this.maxResponseBytes = limits.maxResponseBytes
    this.budget = new CollectingBudget(limits.maxBytes)
    this.responses = new ResponseStore(limits.maxBytes)
    this.responses.clear(this.clock.now())
  }

  private get isOff(): boolean {
    return this.maxResponseBytes === NOTHING
  }

  private find(ctx: RequestContext, request: RequestFields, now: number): Entry | null {
    if (request.isForOrigin) return null
    const entry = this.responses.find(doorOf(ctx.connection), addressOf(ctx.host, ctx.url), ctx)
    if (entry === null || !mayServe(entry.facts.freshness, requestWishes(request), now)) return null
    return entry
  }

  private invalidate(ctx: RequestContext, siteId: number): void {
    const now = this.clock.now()
    for (const address of changedAddresses(ctx)) this.responses.invalidate(siteId, address, now)
  }
}

const ONLY_IF_CACHED_FIELDS = ['Content-Type', 'text/plain; charset=us-ascii'] as const

/** A body means nothing to GET (RFC 9110 section 9.3.1), but an application may heed it, and it is not in the key. */
const isCacheable = (ctx: RequestContext): boolean =>
  (ctx.method === 'GET' || ctx.method === 'HEAD') && ctx.incoming === null && ctx.upgrade === null

/** Size of the cache for the configured `megabytes`; 0 is a quarter of the free memory, at most 512 MB. */
const bytesFor = (megabytes: number): number =>
  megabytes > 0
    ? megabytes * MEGABYTE
    : Math.max(MEGABYTE, Math.min(MOST_AUTOMATIC, Math.floor(freemem() / 4)))

/** A cache that is off keeps nothing. */
const limitsOf = ({ enabled, maxCacheSize, maxResponseSize }: ServerConfig['caching']): CacheLimits => ({
  maxBytes: bytesFor(maxCacheSize),
  maxResponseBytes: enabled ? maxResponseSize : NOTHING,
})

export default defineStage({
  name: 'cache',
  slot: 'cache',
  setup(scope) {
    const stage = new CacheStage(limitsOf(scope.config.caching), scope.clock)
    scope.onClose(() => {
      stage.flush()
    })
    return stage
  },
})
