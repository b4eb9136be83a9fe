/** What a request wishes of caches: its Cache-Control, or the Pragma that stands in for it. */
import { CacheControl, parseCacheControl } from './cache-control.js'
import type { RequestFields } from './request-fields.js'

const NO_CACHE = /(?:^|,)\s*no-cache\s*(?:,|$)/i

/** Null where it wishes nothing. Pragma counts only where there is no Cache-Control (RFC 9111 section 5.4). */
export const requestWishes = (fields: RequestFields): CacheControl | null => {
  if (fields.cacheControl !== undefined) {
    const wishes = parseCacheControl(fields.cacheControl)
    // Requests have no qualified form of it.
    if (wishes.fields.length > 0) wishes.noCache = true
    return wishes
  }
  if (fields.pragma === undefined || !NO_CACHE.test(fields.pragma)) return null
  const wishes = new CacheControl()
  wishes.noCache = true
  return wishes
}
