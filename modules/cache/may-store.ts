/** Whether a shared cache may keep a response at all, freshness aside (RFC 9111 section 3). */
import type { CacheControl } from './cache-control.js'
import type { RequestFields } from './request-fields.js'
import type { ResponseHead } from './response-head.js'
import { requestWishes } from './request-wishes.js'

/** Final and understood. 206 and 304 are not: the cache keeps whole responses and does not ask for confirmation. */
const STATUSES = new Set([200, 203, 204, 300, 301, 302, 307, 308, 404, 405, 410, 414, 501])

export const isStorableStatus = (status: number): boolean => STATUSES.has(status)

/**
 * A response of a storable status to a GET. `no-cache` counts as "not at all", because this cache does not ask the
 * application whether what it has is still good; must-understand overrules no-store (RFC 9111 section 5.2.2.3), all
 * statuses that come this far being understood.
 */
export const mayStore = (request: RequestFields, head: ResponseHead, directives: CacheControl): boolean => {
  if (directives.noStore && !directives.mustUnderstand) return false
  if (directives.private || directives.noCache) return false
  if (requestWishes(request)?.noStore === true) return false
  if (request.hasAuthorization && !isForAll(directives)) return false
  // What is meant for one client's cookie jar is not for others, whatever else it says.
  return head.values('set-cookie').length === 0
}

/** Whether the answer to one who has shown credentials may go to others (RFC 9111 section 3.5). */
const isForAll = (directives: CacheControl): boolean =>
  directives.public || directives.mustRevalidate || directives.sMaxAge !== undefined
