/** Reads the directives of Cache-Control, of requests and responses alike (RFC 9111 section 5.2). */

/** RFC 9111 section 1.2.2: what does not fit is this much. */
const LONGEST = 2_147_483_648
const DIGITS = /^\d+$/
/** A name, and after `=` a quoted string (whose end may be missing) or whatever stands before the next comma. */
const DIRECTIVE = /([^\s,=]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)("|$)|([^,]*)))?/g

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
  /** RFC 8246. */
  immutable = false
  /** Fields that `no-cache="..."` and `private="..."` name, lower case: they alone are not kept. */
  fields: readonly string[] = []
  /** RFC 5861. */
  staleWhileRevalidate: number | undefined = undefined
  staleIfError: number | undefined = undefined
  maxAge: number | undefined = undefined
  sMaxAge: number | undefined = undefined
  minFresh: number | undefined = undefined
  /** Infinity where the directive has no value: any staleness will do. */
  maxStale: number | undefined = undefined
}

/**
 * Reads a field value, several lines joined by commas. Never fails: unknown directives are passed over, of a repeated
 * one the most restrictive counts, and a number that is none is the most restrictive there is (RFC 9111 section 4.2.1).
 */
export const parseCacheControl = (text: string): CacheControl => {
  const found = new CacheControl()
  for (const [, name = '', quoted, end, token] of text.matchAll(DIRECTIVE)) {
    // A list of fields that never ends may be meant to be longer: as if there were none, which means all of them.
    const value = end === '' ? undefined : quoted?.replace(/\\(.)/g, '$1')
    apply(found, name.toLowerCase(), value ?? token?.trim())
  }
  return found
}

const apply = (found: CacheControl, name: string, value: string | undefined): void => {
  switch (name) {
    case 'no-store':
      found.noStore = true
      break
    case 'no-cache':
      if (!value) found.noCache = true
      else found.fields = [...found.fields, ...namesOf(value)]
      break
    case 'private':
      if (!value) found.private = true
      else found.fields = [...found.fields, ...namesOf(value)]
      break
    case 'immutable':
      found.immutable = true
      break
    case 'stale-while-revalidate':
      found.staleWhileRevalidate = Math.min(found.staleWhileRevalidate ?? Infinity, seconds(value, 0))
      break
    case 'stale-if-error':
      found.staleIfError = Math.min(found.staleIfError ?? Infinity, seconds(value, 0))
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

const namesOf = (list: string): string[] =>
  list
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())

const seconds = (value: string | undefined, ifInvalid: number): number =>
  value !== undefined && DIGITS.test(value) ? Math.min(Number(value), LONGEST) : ifInvalid
