/** Reads the directives of Cache-Control, of requests and responses alike (RFC 9111 section 5.2). */

/** RFC 9111 section 1.2.2: what does not fit is this much. */
const LONGEST = 2_147_483_648
const DIGITS = /^\d+$/
/** A name, and after `=` a quoted string (whose end may be missing) or whatever stands before the next comma. */
const DIRECTIVE = /([^\s,=]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)(?:"|$)|([^,]*)))?/g

/** The directives that the cache knows; a number is seconds, undefined where the directive is absent. */
export class CacheControl {
  noStore = false
  noCache = false
  private = false
  public = false
  mustRevalidate = false
  proxyRevalidate = false
  mustUnderstand = false
  onlyIfCached = false
  maxAge: number | undefined = undefined
  sMaxAge: number | undefined = undefined
  minFresh: number | undefined = undefined
  /** Infinity where the directive has no value: any staleness will do. */
  maxStale: number | undefined = undefined
}

/**
 * Reads a field value, several lines joined by commas. Never fails: unknown directives are passed over, of a repeated
 * one the most restrictive counts, a number that is none is the most restrictive there is, and `private="..."` and
 * `no-cache="..."` mean the whole response (RFC 9111 sections 4.2.1, 5.2.2.4 and 5.2.2.7 allow all of it).
 */
export const parseCacheControl = (text: string): CacheControl => {
  const found = new CacheControl()
  for (const [, name = '', quoted, token] of text.matchAll(DIRECTIVE)) {
    apply(found, name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token?.trim())
  }
  return found
}

const apply = (found: CacheControl, name: string, value: string | undefined): void => {
  switch (name) {
    case 'no-store':
      found.noStore = true
      break
    case 'no-cache':
      found.noCache = true
      break
    case 'private':
      found.private = true
      break
    case 'public':
      found.public = true
      break
    case 'must-revalidate':
      found.mustRevalidate = true
      break
    case 'proxy-revalidate':
      found.proxyRevalidate = true
      break
    case 'must-understand':
      found.mustUnderstand = true
      break
    case 'only-if-cached':
      found.onlyIfCached = true
      break
    case 'max-age':
      found.maxAge = Math.min(found.maxAge ?? Infinity, seconds(value, 0))
      break
    case 's-maxage':
      found.sMaxAge = Math.min(found.sMaxAge ?? Infinity, seconds(value, 0))
      break
    case 'min-fresh':
      found.minFresh = Math.max(found.minFresh ?? 0, seconds(value, Infinity))
      break
    case 'max-stale':
      found.maxStale = Math.min(
        found.maxStale ?? Infinity,
        value === undefined ? Infinity : seconds(value, 0),
      )
      break
  }
}

const seconds = (value: string | undefined, ifInvalid: number): number =>
  value !== undefined && DIGITS.test(value) ? Math.min(Number(value), LONGEST) : ifInvalid
