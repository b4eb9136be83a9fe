/** Answers a client's own validators from a stored response (RFC 9110 section 13, RFC 9111 section 4.3.2). */
import { parseHttpDate } from './http-date.js'
import type { RequestFields } from './request-fields.js'

/** What a stored response can be recognised by; the times are milliseconds since the epoch. */
export interface Validators {
  readonly etag: string | undefined
  /** NaN where the response has none that can be read. */
  readonly lastModified: number
  readonly date: number
}

const ENTITY_TAG = /(?:W\/)?"[^"]*"/g

/** Whether the client has the stored response already: 304 will do. If-None-Match goes before If-Modified-Since. */
export const isNotModified = (request: RequestFields, stored: Validators, now: number): boolean => {
  if (request.ifNoneMatch !== undefined) return matchesAny(request.ifNoneMatch, stored.etag)
  if (request.ifModifiedSince === undefined) return false
  const since = parseHttpDate(request.ifModifiedSince, now)
  // Without Last-Modified, Date stands in for it; a date that is none is as if absent.
  const modified = Number.isNaN(stored.lastModified) ? stored.date : stored.lastModified
  return modified <= since
}

/** Weak comparison with each of a list (RFC 9110 section 8.8.3.2); `*` is any response there is. */
const matchesAny = (list: string, etag: string | undefined): boolean => {
  if (list.trim() === '*') return true
  if (etag === undefined) return false
  if (list === etag) return true
  const opaque = withoutWeakness(etag)
  return list.match(ENTITY_TAG)?.some((candidate) => withoutWeakness(candidate) === opaque) ?? false
}

/**
 * Whether the part that the client has belongs to the stored response, so that a further part of it may be sent: strong
 * comparison only (RFC 9110 section 13.1.5). A date is strong if it lies at least a second before Date (8.8.2.2).
 */
export const ifRangeHolds = (ifRange: string | undefined, stored: Validators, now: number): boolean => {
  if (ifRange === undefined) return true
  if (ifRange.endsWith('"')) return ifRange.startsWith('"') && ifRange === stored.etag
  return parseHttpDate(ifRange, now) === stored.lastModified && stored.date - stored.lastModified >= 1000
}

const withoutWeakness = (etag: string): string => (etag.startsWith('W/') ? etag.slice(2) : etag)
