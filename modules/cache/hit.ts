/** What the listener may remember of a hit, to answer the very same request again without a parser. */
import type { Application, RequestContext } from '../../core/index.js'
import type { Entry } from './entry.js'
import { mayServe } from './freshness.js'

/** A stored response that answers one exact request head, whole, on a connection that stays open. */
export interface Hit {
  readonly application: Application
  readonly status: number
  /** The bytes to write at `now`; null when the response may not be used any more, and never again. */
  bytes(now: number): Buffer | null
}

/** Implemented by a cache stage that can be asked beside the pipeline. */
export interface HitSource {
  /**
   * The hit that requests with exactly this head, by the same local address and port, will have for as long as it
   * lives; null where it is not that simple. `ctx` must have passed validate.
   */
  lookup(ctx: RequestContext): Hit | null
}

export class EntryHit implements Hit {
  readonly application: Application
  readonly status: number
  private readonly entry: Entry

  constructor(entry: Entry) {
    this.entry = entry
    this.application = entry.facts.application
    this.status = entry.facts.status
  }

  bytes(now: number): Buffer | null {
    const { entry } = this
    return entry.live && mayServe(entry.facts.freshness, null, now) ? entry.whole(now, true) : null
  }
}
