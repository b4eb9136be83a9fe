/** Who follows a request beyond its own stage: a cache waits for what becomes of the requests that it has let through. */
import type { ErrorCode } from '../errors.js'
import type { RequestContext } from '../pipeline/request-context.js'

/** Set as `ctx.follower` by a stage that has let a request through and waits for what becomes of it. */
export interface RequestFollower {
  /** An error is about to be answered. Answers whether it has set a response in its place. */
  rescue(ctx: RequestContext, code: ErrorCode): boolean
  /** The request is over, its log has run; called once, whatever became of it. */
  done(ctx: RequestContext): void
}
