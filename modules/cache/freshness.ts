/** The clock of a stored response: how long it is fresh, how old it is, and whom it may still be served to. */
import type { CacheControl } from './cache-control.js'
import { parseHttpDate } from './http-date.js'
import type { ResponseHead } from './response-head.js'

/** All times in milliseconds since the epoch, on the cache's own clock. */
export interface Freshness {
  /** When the response would have been made had it been of age 0 then. */
  readonly bornAt: number
  readonly freshUntil: number
  /** It may never be served stale, whatever the client would accept (RFC 9111 section 4.2.4). */
  readonly mustRevalidate: boolean
  /** While it is fresh, no reload makes it another one (RFC 8246). */
  readonly immutable: boolean
  /** Until when it may be served stale while a request of the cache's own fetches the next one (RFC 5861 section 3). */
  readonly revalidateUntil: number
  /** Until when it may be served in place of an error of the application's (RFC 5861 section 4). */
  readonly errorUntil: number
  /** Until when it may be served because the application cannot be reached (RFC 9111 section 4.2.4). */
  readonly unreachableUntil: number
}

/** What decides on freshness beside the response. */
export interface FreshnessRules {
  /** Milliseconds that a policy of the configuration gives it, whatever it says itself; undefined without one. */
  readonly lifetime: number | undefined
  /** Part of its age by Last-Modified that stands in for a lifetime; 0 is none. */
  readonly heuristicFraction: number
  /** Milliseconds of staleness where the application cannot be reached. */
  readonly staleIfError: number
  /** Cache-Control and Expires do not count, since a targeted field does. */
  readonly targeted: boolean
  /** Its status, or `public`, allows heuristics (RFC 9111 section 4.2.2). */
  readonly mayGuess: boolean
}

const DELTA_SECONDS = /^\d{1,10}$/
const DAY = 86_400

/**
 * Seconds that a shared cache may keep it: s-maxage, else max-age, else Expires less Date (RFC 9111 section 4.2.1), else
 * a part of its age if the rules allow that. Undefined where nothing says anything. An Expires that is no date, or that
 * contradicts another, means stale already (section 5.3).
 */
export const lifetimeOf = (
  head: ResponseHead,
  directives: CacheControl,
  now: number,
  rules: FreshnessRules,
): number | undefined => {
  if (rules.lifetime !== undefined) return rules.lifetime / 1000
  if (directives.sMaxAge !== undefined) return directives.sMaxAge
  if (directives.maxAge !== undefined) return directives.maxAge
  const [expires, ...others] = rules.targeted ? [] : head.values('expires')
  if (expires !== undefined) {
    const end = parseHttpDate(expires, now)
    if (Number.isNaN(end) || others.some((other) => other !== expires)) return 0
    return Math.max(0, (end - dateOf(head, now)) / 1000)
  }
  if (directives.noCache) return 0
  return rules.mayGuess ? guess(head, now, rules.heuristicFraction) : undefined
}

const guess = (head: ResponseHead, now: number, fraction: number): number | undefined => {
  const modified = parseHttpDate(head.values('last-modified')[0] ?? '', now)
  const age = (dateOf(head, now) - modified) / 1000
  return fraction > 0 && age > 0 ? Math.min(age * fraction, DAY) : undefined
}

/** When the response was made, by its Date; now, where it has none that can be read (RFC 9110 section 6.6.1). */
export const dateOf = (head: ResponseHead, now: number): number => {
  const date = parseHttpDate(head.values('date')[0] ?? '', now)
  return Number.isNaN(date) ? now : date
}

/**
 * Seconds of age on arrival: the `corrected_initial_age` of RFC 9111 section 4.2.3. Date has whole seconds, so that
 * the age reckoned from it is taken in whole seconds too. Of a list in Age its first member counts, and one that cannot
 * be read counts as none (section 5.1).
 */
export const initialAgeOf = (head: ResponseHead, requestedAt: number, now: number): number => {
  const apparentAge = Math.max(0, Math.floor((now - dateOf(head, now)) / 1000))
  const age = (head.values('age')[0] ?? '').split(',', 1)[0]?.trim() ?? ''
  const ageValue = DELTA_SECONDS.test(age) ? Number(age) : 0
  return Math.max(apparentAge, ageValue + Math.max(0, now - requestedAt) / 1000)
}

/** The freshness of a response that has just come; null if nothing says how long it is fresh. */
export const freshnessOf = (
  head: ResponseHead,
  directives: CacheControl,
  requestedAt: number,
  now: number,
  rules: FreshnessRules,
): Freshness | null => {
  const lifetime = lifetimeOf(head, directives, now, rules)
  if (lifetime === undefined) return null
  // A policy's time begins when the response comes.
  const initialAge = rules.lifetime === undefined ? initialAgeOf(head, requestedAt, now) : 0
  const bornAt = now - initialAge * 1000
  const freshUntil = directives.noCache ? -Infinity : bornAt + lifetime * 1000
  const { mustRevalidate, proxyRevalidate, noCache, sMaxAge, immutable } = directives
  const { staleWhileRevalidate = 0, staleIfError = 0 } = directives
  const strict = mustRevalidate || proxyRevalidate || noCache
  // s-maxage forbids to guess; beside it the two directives of RFC 5861 are the application's own explicit leave.
  const guarded = strict || sMaxAge !== undefined
  return {
    bornAt,
    freshUntil,
    mustRevalidate: guarded,
    immutable,
    revalidateUntil: strict ? -Infinity : freshUntil + staleWhileRevalidate * 1000,
    errorUntil: strict ? -Infinity : freshUntil + staleIfError * 1000,
    unreachableUntil: guarded ? -Infinity : freshUntil + rules.staleIfError,
  }
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
  const settled = freshness.immutable && left > 0
  if (!settled && isTooOld(freshness, wishes, now)) return false
  if (wishes.minFresh !== undefined && left < wishes.minFresh) return false
  if (left > 0) return true
  return !freshness.mustRevalidate && wishes.maxStale !== undefined && -left <= wishes.maxStale
}

/** Whether a stale response will do for a request, if it is validated meanwhile. */
export const mayServeStale = (freshness: Freshness, wishes: CacheControl | null, now: number): boolean =>
  now < freshness.revalidateUntil &&
  (wishes === null || !(wishes.noCache || wishes.minFresh !== undefined || isTooOld(freshness, wishes, now)))

/**
 * Whether a stale response will do in place of an error.
 *
 * @param unreachable - the application has not answered at all, as far as can be told.
 */
export const mayServeOnError = (
  freshness: Freshness,
  wishes: CacheControl | null,
  now: number,
  unreachable: boolean,
): boolean => {
  if (wishes?.noCache === true) return false
  if (now < freshness.errorUntil || (unreachable && now < freshness.unreachableUntil)) return true
  const accepted = wishes?.staleIfError
  return accepted !== undefined && !freshness.mustRevalidate && now < freshness.freshUntil + accepted * 1000
}

const isTooOld = (freshness: Freshness, wishes: CacheControl, now: number): boolean =>
  wishes.maxAge !== undefined && now - freshness.bornAt > wishes.maxAge * 1000
