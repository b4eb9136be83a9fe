/** Whether a shared cache may keep a response at all, freshness aside (RFC 9111 section 3). */
import type { CacheControl } from './cache-control.js'
import type { RequestFields } from './request-fields.js'
import type { ResponseHead } from './response-head.js'
import { requestWishes } from './request-wishes.js'

/**
 * Answers to fields of the request that no Vary names: credentials, preconditions, ranges, sizes, protocols. 206 and 304
 * are parts of responses, and the cache keeps whole ones.
 */
const NEVER = new Set([206, 304, 401, 407, 412, 413, 415, 416, 417, 421, 426, 428, 431])

/** Those that need no explicit freshness (RFC 9110 section 15.1). */
const HEURISTIC = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])

/** Those that this cache knows the meaning of (RFC 9111 section 5.2.2.3). */
const UNDERSTOOD = new Set([...HEURISTIC, 302, 303, 307, 400, 403, 500, 502, 503, 504])

const EVENT_STREAM = /^text\/event-stream\b/i

/** Final, and not one of those that answer only who has asked. */
export const isStorableStatus = (status: number): boolean => status >= 200 && !NEVER.has(status)

/** Whether nothing need be said for it to be fresh for a while. */
export const mayGuess = (status: number, directives: CacheControl): boolean =>
  HEURISTIC.has(status) || directives.public

/** A response of a storable status to a GET; must-understand overrules no-store where the status is understood. */
export const mayStore = (
  request: RequestFields,
  head: ResponseHead,
  status: number,
  directives: CacheControl,
  storeSetCookie: boolean,
): boolean => {
  if (directives.mustUnderstand ? !UNDERSTOOD.has(status) : directives.noStore) return false
  if (directives.private) return false
  if (requestWishes(request)?.noStore === true) return false
  if (request.hasAuthorization && !isForAll(directives)) return false
  // It has no end that others could wait for.
  if (head.values('content-type').some((type) => EVENT_STREAM.test(type))) return false
  // What is meant for one client's cookie jar is not for others, whatever else it says.
  return storeSetCookie || head.values('set-cookie').length === 0
}

/** Whether the answer to one who has shown credentials may go to others (RFC 9111 section 3.5). */
const isForAll = (directives: CacheControl): boolean =>
  directives.public || directives.mustRevalidate || directives.sMaxAge !== undefined
