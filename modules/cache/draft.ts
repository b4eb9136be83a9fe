/** Decides on a response as soon as its head is there, and makes the entry when its body is. */
import type { Application, RequestContext } from '../../core/index.js'
import { contentOf, framingOf, type Framing } from './body.js'
import { parseCacheControl } from './cache-control.js'
import { Entry, type EntryFacts } from './entry.js'
import { dateOf, freshnessOf } from './freshness.js'
import { parseHttpDate } from './http-date.js'
import { mayStore } from './may-store.js'
import { readRequestFields } from './request-fields.js'
import { ResponseHead } from './response-head.js'
import { variantOf } from './vary.js'

/** A response that may be kept, if all of it arrives. */
export interface Draft {
  readonly facts: EntryFacts
  readonly framing: Framing
}

/** A response that says nothing of its freshness is not stored, and one look tells. */
const SAYS_HOW_LONG = /\r\n(?:cache-control|expires):/i

/** Null if it must not be kept, or cannot be of use. */
export const draftOf = (
  ctx: RequestContext,
  application: Application,
  headText: string,
  now: number,
): Draft | null => {
  if (!SAYS_HOW_LONG.test(headText)) return null
  const head = new ResponseHead(copyOf(headText))
  const { status } = ctx.response
  const directives = parseCacheControl(head.list('cache-control') ?? '')
  if (!mayStore(readRequestFields(ctx.rawHeaders), head, directives)) return null
  const freshness = freshnessOf(head, directives, ctx.receivedAt, now)
  const variant = variantOf(head.list('vary'), ctx)
  const framing = framingOf(head, status)
  if (freshness === null || variant === null || framing === 'unknown') return null
  const date = dateOf(head, now)
  const fields = head.endToEnd(['age', 'content-length'])
  if (head.values('date').length === 0) fields.push('Date', new Date(now).toUTCString())
  const facts: EntryFacts = {
    application,
    status,
    statusText: head.statusText,
    fields,
    variant,
    freshness,
    etag: head.values('etag')[0],
    lastModified: parseHttpDate(head.values('last-modified')[0] ?? '', now),
    date,
  }
  return { facts, framing }
}

/** A string of its own: a slice, and whatever is sliced off it, would keep the whole response in memory. */
const copyOf = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')

/** Null if the body is not complete. */
export const entryOf = (draft: Draft, body: Buffer, now: number): Entry | null => {
  const content = contentOf(body, draft.framing)
  return content === null ? null : new Entry(draft.facts, content, now)
}
