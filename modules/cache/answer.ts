/** Answers a request from a stored response: whole, head only, a part of it, or that nothing has changed. */
import type { RequestContext } from '../../core/index.js'
import { ifRangeHolds, isNotModified } from './conditional.js'
import type { Entry } from './entry.js'
import { selectRange } from './range.js'
import type { RequestFields } from './request-fields.js'

/**
 * Sets the response; the order of the conditions is that of RFC 9110 section 13.2.2.
 *
 * @param how - for Cache-Status, where this is no plain hit
 */
export const answer = (
  ctx: RequestContext,
  entry: Entry,
  request: RequestFields,
  now: number,
  how = '',
): void => {
  const { facts } = entry
  const { application } = facts
  const { response, keepAlive } = ctx
  // The request never reaches the route stage, but the log wants to know whose it was.
  ctx.site = application.site
  ctx.application = application
  ctx.queue = application.queue
  entry.usedAt = now
  response.fromCache = true
  response.stream = null
  response.close = !keepAlive
  response.status = facts.status
  // Preconditions and ranges are about what a 200 has, and nothing else (RFC 9110 sections 13.2.1, 14.2).
  if (facts.status === 200) {
    if (isNotModified(request, facts, now)) {
      response.status = 304
      response.raw = entry.notModified(now, keepAlive, how)
      return
    }
    if (request.range !== undefined && ctx.method === 'GET' && ifRangeHolds(request.ifRange, facts, now)) {
      const range = selectRange(request.range, entry.length)
      if (range === 'unsatisfiable') {
        ctx.respond(416, ['Content-Range', `bytes */${entry.length}`], null)
        return
      }
      if (range !== 'whole') {
        response.status = 206
        response.raw = entry.part(range, now, keepAlive, how)
        return
      }
    }
  }
  response.raw =
    ctx.method === 'HEAD' ? entry.headOnly(now, keepAlive, how) : entry.whole(now, keepAlive, how)
}
