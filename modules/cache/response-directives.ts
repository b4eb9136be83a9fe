/** What a response says to this cache: the first targeted field that it has, or its Cache-Control (RFC 9213). */
import type { CacheControl } from './cache-control.js'
import { parseCacheControl } from './cache-control.js'
import type { ResponseHead } from './response-head.js'
import { parseDictionary, type Item } from './structured-fields.js'

export interface ResponseDirectives {
  readonly directives: CacheControl
  /** They come of a targeted field: Cache-Control and Expires do not count. */
  readonly targeted: boolean
}

/** @param fields - names of targeted fields, the one that counts most first. */
export const directivesOf = (head: ResponseHead, fields: readonly string[]): ResponseDirectives => {
  for (const field of fields) {
    const text = head.list(field.toLowerCase())
    const members = text === undefined ? null : parseDictionary(text)
    // An empty or broken field is as if absent (RFC 9213 section 2.1).
    if (members === null || members.size === 0) continue
    const directives = targetedOf(members)
    if (directives !== null) return { directives, targeted: true }
  }
  return { directives: parseCacheControl(head.list('cache-control') ?? ''), targeted: false }
}

/** Null where a directive has a value of the wrong kind: whoever wrote it meant something else. */
const targetedOf = (members: ReadonlyMap<string, Item>): CacheControl | null => {
  const texts: string[] = []
  for (const [name, value] of members) {
    if (NUMERIC.has(name) && (typeof value !== 'number' || value < 0)) return null
    texts.push(value === true ? name : `${name}=${value}`)
  }
  return parseCacheControl(texts.join(','))
}

const NUMERIC = new Set(['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'])
