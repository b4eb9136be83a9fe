/** A client mostly sends the headers of its last request again: then both requests have one list of them. */
import type { RequestContext } from './request-context.js'

/**
 * Called by the listener once for each request, before the first stage. Afterwards the same list means the same headers:
 * what the log has escaped need not be escaped again, and what a worker has been sent need not travel again.
 */
export const shareHeaders = (ctx: RequestContext): void => {
  const { connection, rawHeaders } = ctx
  if (same(connection.headers, rawHeaders)) {
    ctx.rawHeaders = connection.headers
    ctx.repeatsHeaders = true
  } else connection.headers = rawHeaders
}

const same = (before: readonly string[], now: readonly string[]): boolean => {
  if (before.length !== now.length) return false
  for (let i = 0; i < now.length; i++) if (before[i] !== now[i]) return false
  return true
}
