/** One request that fetches a response for the cache, and those that wait for what comes of it. */
import type { ErrorCode, RequestContext, RequestFollower } from '../../core/index.js'
import type { Entry } from './entry.js'
import type { RequestFields } from './request-fields.js'

/** Whoever is told how it goes on. */
export interface FetchOwner {
  rescue(fetch: Fetch, ctx: RequestContext, code: ErrorCode): boolean
  /** The request is over, and the cache has not seen a response. */
  lost(fetch: Fetch): void
}

export class Fetch implements RequestFollower {
  /** What it fetches, in words that only its own kind compare; '' where nobody can wait for it. */
  readonly key: string
  /** What the client has asked for, and how it has said it. */
  readonly request: RequestFields
  readonly rawHeaders: readonly string[]
  /** The stored response that is to be validated, or replaced. */
  readonly stale: Entry | null
  /** In the order in which they came; null without any. */
  waiting: Set<RequestContext> | null = null
  /** The client's request that fetches it. */
  leader: RequestContext | null = null
  /** Ends the waiting. */
  cancelLimit: (() => void) | null = null
  /** It is known what comes of it. */
  settled = false
  /** A response has come, and whoever keeps it will tell what has become of it. */
  answered = false
  private readonly owner: FetchOwner

  constructor(
    owner: FetchOwner,
    key: string,
    request: RequestFields,
    rawHeaders: readonly string[],
    stale: Entry | null,
  ) {
    this.owner = owner
    this.key = key
    this.request = request
    this.rawHeaders = rawHeaders
    this.stale = stale
  }

  rescue(ctx: RequestContext, code: ErrorCode): boolean {
    return this.owner.rescue(this, ctx, code)
  }

  done(): void {
    if (!this.settled && !this.answered) this.owner.lost(this)
  }
}
