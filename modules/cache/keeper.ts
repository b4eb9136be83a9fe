/** Keeps responses: gathers them, puts them in the store, finds them again, and forgets those that have become untrue. */
import type { Application, Clock, RequestContext } from '../../core/index.js'
import { Admission } from './admission.js'
import { addressOf, doorOf } from './cache-key.js'
import { CollectingBudget, Collector } from './collector.js'
import { draftOf, entryOf, type Draft } from './draft.js'
import type { Entry } from './entry.js'
import { FileChanges } from './file-changes.js'
import { changedAddresses, changedGroups, changes } from './invalidation.js'
import type { CacheLimits } from './limits.js'
import { isStorableStatus } from './may-store.js'
import type { Profile } from './profile.js'
import { profileOf } from './profile.js'
import { QueryRules } from './query-rules.js'
import { afterHead, headText, ResponseHead } from './response-head.js'
import { ResponseStore } from './response-store.js'
import { describes, freshened } from './validation.js'

/** What has become of a response: it is kept; it never could be; it did not arrive; its URL is not asked for often enough. */
export type Kept = Entry | 'unfit' | 'broken' | 'rare'

/** A body means nothing to GET (RFC 9110 section 9.3.1), but an application may heed it, and it is not in the key. */
export const isCacheable = (ctx: RequestContext): boolean =>
  (ctx.method === 'GET' || ctx.method === 'HEAD') && ctx.incoming === null && ctx.upgrade === null

export class Keeper {
  readonly responses: ResponseStore
  readonly name: string
  private readonly budget: CollectingBudget
  private readonly clock: Clock
  private readonly queries = new QueryRules()
  private readonly admission = new Admission()
  private readonly files = new FileChanges()
  private lastKey = ''

  constructor(limits: CacheLimits, clock: Clock) {
    this.clock = clock
    this.name = limits.name
    this.responses = new ResponseStore(limits.maxBytes)
    this.budget = new CollectingBudget(limits.maxBytes)
  }

  /** The stored response for a request, fresh or not. */
  find(ctx: RequestContext): Entry | null {
    const key = this.urlKey(ctx)
    this.lastKey = key
    const entry = this.responses.find(key, ctx)
    if (entry === null) return null
    const { edition, application } = entry.facts
    if (edition === -1 || edition === application.queue.edition) return entry
    this.responses.remove(key, entry)
    return null
  }

  /** What the request that `find` has looked for has in common with others that the same response can answer, as far as is known. */
  keyOfLast(ctx: RequestContext): string {
    if (!this.responses.found) return this.lastKey
    const variant = this.responses.variantKey(this.lastKey, ctx)
    return variant === null || variant === '' ? this.lastKey : `${this.lastKey}\n${variant}`
  }

  /** Whether other variants of the URL are kept. */
  hasOthers(ctx: RequestContext): boolean {
    return this.responses.variantKey(this.urlKey(ctx), ctx) !== null
  }

  /**
   * Keeps a worker's response to GET, unless something speaks against it.
   *
   * @param waiting - requests that wait for it
   * @param done - told once what has become of it: at once, or when all of it has arrived
   * @returns whether it will be kept if all of it arrives
   */
  keep(ctx: RequestContext, waiting: number, done: (kept: Kept) => void): boolean {
    const { application, response } = ctx
    const { raw, stream } = response
    const draft = application === null || raw === null ? null : this.draft(ctx, application)
    if (application === null || raw === null || draft === null) {
      done('unfit')
      return false
    }
    if (!this.isFrequent(ctx, application, 1 + waiting)) {
      done('rare')
      return false
    }
    const head = headText(raw) ?? ''
    const collector = new Collector(
      this.budget,
      application.config.caching.maxResponseSize - head.length,
      (body) => {
        const entry = entryOf(draft, body, this.clock.now(), this.name)
        if (entry === null) done('broken')
        else this.put(ctx, entry, draft.profile, done)
      },
      (tooLong) => {
        done(tooLong ? 'unfit' : 'broken')
      },
    )
    collector.write(afterHead(raw, head))
    if (stream === null) collector.end()
    else stream.tap(collector)
    return true
  }

  /** A 304 has come for `entry`: it is kept anew as it says, or no more. Answers with what it is now. */
  renew(ctx: RequestContext, entry: Entry, now: number): Entry | null {
    const renewed = freshened(entry, ctx, now, this.name)
    if (renewed === null) this.drop(ctx, entry)
    else this.put(ctx, renewed, profileOf(renewed.facts.application, ctx.path), () => undefined)
    return renewed
  }

  drop(ctx: RequestContext, entry: Entry): void {
    this.responses.remove(this.urlKey(ctx), entry)
  }

  /** The answer to HEAD tells something of the response to GET (RFC 9111 section 4.3.5). */
  heedHead(ctx: RequestContext, now: number): void {
    const { raw, status } = ctx.response
    const entry = status === 200 && raw !== null ? this.find(ctx) : null
    const text = raw === null ? null : headText(raw)
    if (entry === null || text === null || entry.facts.status !== 200) return
    if (describes(ResponseHead.read(text), entry)) this.renew(ctx, entry, now)
    else this.drop(ctx, entry)
  }

  /** A request that changes something makes untrue what is kept of its target (RFC 9111 section 4.4). */
  heedChange(ctx: RequestContext, siteId: number, now: number): void {
    if (!changes(ctx.method, ctx.response.status)) return
    for (const address of changedAddresses(ctx)) {
      this.responses.invalidate(siteId, address, now)
      if (!this.queries.isEmpty) this.responses.invalidate(siteId, this.queries.normal(address), now)
    }
    const groups = changedGroups(ctx)
    if (groups.length === 0) return
    this.responses.forget(
      (_key, { facts }) =>
        facts.application.site.id === siteId && groups.some((one) => facts.tags.includes(one)),
      now,
    )
  }

  /** Answers how many responses that were. */
  forget(fits: (key: string, entry: Entry) => boolean, now: number): number {
    return this.responses.forget(fits, now)
  }

  close(): void {
    this.files.close()
  }

  private draft(ctx: RequestContext, application: Application): Draft | null {
    const { response, receiver } = ctx
    const { caching } = application.config
    if (response.raw === null || response.noStore || !caching.enabled) return null
    if (!isStorableStatus(response.status) || !isCacheable(ctx)) return null
    // The worker has been told to end: what it still answers would outlive it.
    if (caching.flushOnRecycle && receiver !== null && !application.queue.has(receiver)) return null
    const head = headText(response.raw)
    const draft = head === null ? null : draftOf(ctx, application, head, this.clock.now())
    if (head === null || draft === null) return null
    return typeof draft.framing === 'number' && draft.framing > caching.maxResponseSize - head.length
      ? null
      : draft
  }

  private isFrequent(ctx: RequestContext, application: Application, requests: number): boolean {
    const { frequentHitThreshold, frequentHitTimePeriod } = application.config.caching
    if (frequentHitThreshold <= 1) return true
    const now = this.clock.now()
    return this.admission.admits(this.urlKey(ctx), requests, frequentHitThreshold, frequentHitTimePeriod, now)
  }

  private put(ctx: RequestContext, entry: Entry, profile: Profile | null, done: (kept: Kept) => void): void {
    const address = addressOf(ctx.host, ctx.url)
    if (profile?.parameters) this.queries.learn(address, profile.parameters)
    const putNow = (): void => {
      const door = doorOf(ctx.connection)
      const kept = this.responses.put(door, this.addressOf(ctx), ctx, ctx.receivedAt, entry)
      done(kept ? entry : 'broken')
    }
    if (profile?.kind !== 'untilChange') {
      putNow()
      return
    }
    const following = this.files.follow(entry, entry.facts.application, ctx.path, ctx.receivedAt)
    void following.then((unchanged) => {
      if (unchanged) putNow()
      else done('unfit')
    })
  }

  private urlKey(ctx: RequestContext): string {
    return doorOf(ctx.connection) + this.addressOf(ctx)
  }

  private addressOf(ctx: RequestContext): string {
    const address = addressOf(ctx.host, ctx.url)
    return this.queries.isEmpty ? address : this.queries.normal(address)
  }
}
