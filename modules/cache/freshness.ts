/** The clock of a stored response: how long it is fresh, how old it is, and whom it may still be served to. */
import type { CacheControl } from './cache-control.js'
import { parseHttpDate } from './http-date.js'
import type { ResponseHead } from './response-head.js'

/** Both in milliseconds since the epoch, on the cache's own clock. */
export interface Freshness {
  /** When the response would have been made had it been of age 0 then. */
  readonly bornAt: number
  readonly freshUntil: number
  /** It may never be served stale, whatever the client would accept (RFC 9111 section 4.2.4). */
  readonly mustRevalidate: boolean
}

const DELTA_SECONDS = /^\d{1,10}$/

/**
 * Seconds that a shared cache may keep it: s-maxage, else max-age, else Expires less Date (RFC 9111 section 4.2.1).
 * Undefined where the response says nothing: there are no heuristics. An Expires that is no date, or that contradicts
 * another, means stale already (section 5.3).
 */
export const lifetimeOf = (head: ResponseHead, directives: CacheControl, now: number): number | undefined => {
  if (directives.sMaxAge !== undefined) return directives.sMaxAge
  if (directives.maxAge !== undefined) return directives.maxAge
  const [expires, ...others] = head.values('expires')
  if (expires === undefined) return undefined
  const end = parseHttpDate(expires, now)
  if (Number.isNaN(end) || others.some((other) => other !== expires)) return 0
  return Math.max(0, (end - dateOf(head, now)) / 1000)
}

/** When the response was made, by its Date; now, where it has none that can be read (RFC 9110 section 6.6.1). */
export const dateOf = (head: ResponseHead, now: number): number => {
  const date = parseHttpDate(head.values('date')[0] ?? '', now)
  return Number.isNaN(date) ? now : date
}

/**
 * Seconds of age on arrival: the `corrected_initial_age` of RFC 9111 section 4.2.3. Date has whole seconds, so that
 * the age reckoned from it is taken in whole seconds too; an Age that cannot be read counts as none (section 5.1).
 */
export const initialAgeOf = (head: ResponseHead, requestedAt: number, now: number): number => {
  const apparentAge = Math.max(0, Math.floor((now - dateOf(head, now)) / 1000))
  const age = head.values('age')[0] ?? ''
  const ageValue = DELTA_SECONDS.test(age) ? Number(age) : 0
  return Math.max(apparentAge, ageValue + Math.max(0, now - requestedAt) / 1000)
}

/** The freshness of a response that has just come; null if it has none, or none left. */
export const freshnessOf = (
  head: ResponseHead,
  directives: CacheControl,
  requestedAt: number,
  now: number,
): Freshness | null => {
  const lifetime = lifetimeOf(head, directives, now)
  if (lifetime === undefined) return null
  const bornAt = now - initialAgeOf(head, requestedAt, now) * 1000
  const freshUntil = bornAt + lifetime * 1000
  if (freshUntil <= now) return null
  const { mustRevalidate, proxyRevalidate, sMaxAge } = directives
  return { bornAt, freshUntil, mustRevalidate: mustRevalidate || proxyRevalidate || sMaxAge !== undefined }
}

/** What the Age field says: whole seconds (RFC 9111 section 5.1). */
export const ageAt = (freshness: Freshness, now: number): number =>
  Math.max(0, Math.floor((now - freshness.bornAt) / 1000))

/**
 * Whether a stored response will do for a request.
 *
 * @param wishes - the request's own directives (RFC 9111 section 5.2.1), null where it has none.
 */
export const mayServe = (freshness: Freshness, wishes: CacheControl | null, now: number): boolean => {
  const left = (freshness.freshUntil - now) / 1000
  if (wishes === null) return left > 0
  if (wishes.noCache) return false
  if (wishes.maxAge !== undefined && now - freshness.bornAt > wishes.maxAge * 1000) return false
  if (wishes.minFresh !== undefined && left < wishes.minFresh) return false
  if (left > 0) return true
  return !freshness.mustRevalidate && wishes.maxStale !== undefined && -left <= wishes.maxStale
}
