/** Asks the application whether a stored response is still good, and heeds what it says (RFC 9111 sections 4.3, 4.3.5). */
import type { RequestContext } from '../../core/index.js'
import { factsOf } from './draft.js'
import { Entry } from './entry.js'
import { profileOf } from './profile.js'
import { headText, ResponseHead } from './response-head.js'

/** What a 304 says of the stored body may be another coding's, and its length is none (RFC 9111 section 3.2). */
const OF_THE_BODY = new Set(['content-length', 'content-encoding', 'content-range', 'content-type'])

export const hasValidator = ({ facts }: Entry): boolean =>
  facts.status === 200 && (facts.etag !== undefined || !Number.isNaN(facts.lastModified))

/** Headers with the stored response's validators in place of a client's own; names and values in turn. */
export const validating = (rawHeaders: readonly string[], entry: Entry): string[] => {
  const headers = without(rawHeaders, CONDITIONS)
  if (!hasValidator(entry)) return headers
  const { etag, fields } = entry.facts
  if (etag !== undefined) headers.push('If-None-Match', etag)
  const modified = new ResponseHead('', fields).values('last-modified')[0]
  if (modified !== undefined) headers.push('If-Modified-Since', modified)
  return headers
}

/** A client's headers for a request of the cache's own: without what it wishes of this one response. */
export const ownHeaders = (rawHeaders: readonly string[]): string[] => without(rawHeaders, OF_THE_CLIENT)

const without = (rawHeaders: readonly string[], names: ReadonlySet<string>): string[] =>
  rawHeaders.filter((_, at) => !names.has((rawHeaders[at - (at % 2)] ?? '').toLowerCase()))

const CONDITIONS = new Set(['if-none-match', 'if-modified-since'])
const OF_THE_CLIENT = new Set([...CONDITIONS, 'range', 'if-range', 'cache-control', 'pragma'])

/**
 * The stored response with what a 304, or the answer to HEAD, says of it now; null where it must not be kept any more.
 * `ctx` is the request that was answered so.
 */
export const freshened = (
  entry: Entry,
  ctx: RequestContext,
  now: number,
  cacheName: string,
): Entry | null => {
  const { raw } = ctx.response
  const text = raw === null ? null : headText(raw)
  const { application, status, statusText } = entry.facts
  if (text === null) return null
  const fields = merged(entry.facts.fields, ResponseHead.read(text).endToEnd([]), now)
  const head = new ResponseHead(statusText, fields)
  const facts = factsOf(ctx, application, status, head, profileOf(application, ctx.path), now)
  return facts === null ? null : new Entry(facts, entry.body, now, cacheName)
}

const merged = (stored: readonly string[], news: readonly string[], now: number): string[] => {
  const fresh = news.filter((_, at) => !OF_THE_BODY.has((news[at - (at % 2)] ?? '').toLowerCase()))
  const names = new Set(fresh.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()))
  // Both have a Date of their own, and that of the old one would make the new one old.
  if (!names.has('date')) fresh.push('Date', new Date(now).toUTCString())
  names.add('date')
  return [...stored.filter((_, at) => !names.has((stored[at - (at % 2)] ?? '').toLowerCase())), ...fresh]
}

/** Whether the answer to HEAD is about the response that is stored (RFC 9111 section 4.3.5). */
export const describes = (head: ResponseHead, entry: Entry): boolean => {
  const { etag } = entry.facts
  const modified = head.values('last-modified')[0]
  const length = head.values('content-length')[0]
  const coded = head.list('transfer-encoding') !== undefined
  const stored = new ResponseHead('', entry.facts.fields)
  return (
    isSame(head.values('etag')[0], etag) &&
    isSame(modified, stored.values('last-modified')[0]) &&
    (coded || length === undefined || Number(length) === entry.length)
  )
}

const isSame = (now: string | undefined, before: string | undefined): boolean =>
  now === undefined || before === undefined || now === before
