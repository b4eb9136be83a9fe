/** Decides on a response as soon as its head is there, and makes the entry when its body is. */
import type { Application, RequestContext } from '../../core/index.js'
import { contentOf, framingOf, type Framing } from './body.js'
import { Entry, type EntryFacts } from './entry.js'
import { dateOf, freshnessOf, type Freshness } from './freshness.js'
import { parseHttpDate } from './http-date.js'
import { mayGuess, mayStore } from './may-store.js'
import { profileOf, type Profile } from './profile.js'
import { readRequestFields } from './request-fields.js'
import { directivesOf } from './response-directives.js'
import { ResponseHead } from './response-head.js'
import { tagsOf } from './tags.js'
import { variantOf } from './vary.js'

/** A response that may be kept, if all of it arrives. */
export interface Draft {
  readonly facts: EntryFacts
  readonly framing: Framing
  readonly profile: Profile | null
}

type Caching = Application['config']['caching']

/** Says something of its freshness, by the settings' names of fields; the rest is not kept, and one look tells. */
const telling = new WeakMap<Caching, RegExp>()

const saysHowLong = (caching: Caching, headText: string): boolean => {
  let pattern = telling.get(caching)
  if (!pattern) {
    const names = ['cache-control', 'expires', ...caching.targetedFields]
    if (caching.heuristicFraction > 0) names.push('last-modified')
    const listed = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
    telling.set(caching, (pattern = new RegExp(`\\r\\n(?:${listed}):`, 'i')))
  }
  return pattern.test(headText)
}

/** Null if it must not be kept, or cannot be of use. */
export const draftOf = (
  ctx: RequestContext,
  application: Application,
  headText: string,
  now: number,
): Draft | null => {
  const profile = profileOf(application, ctx.path)
  if (profile === null && !saysHowLong(application.config.caching, headText)) return null
  const { status } = ctx.response
  // A policy is about pages, and not about what goes wrong with them.
  if (profile !== null && (profile.kind === 'never' || status !== 200)) return null
  const head = ResponseHead.read(copyOf(headText))
  const framing = framingOf(head, status)
  if (framing === 'unknown') return null
  const facts = factsOf(ctx, application, status, head, profile, now)
  return facts === null ? null : { facts, framing, profile }
}

/** What is to be known of a response with that head; null if it must not be kept, or cannot be of use. */
export const factsOf = (
  ctx: RequestContext,
  application: Application,
  status: number,
  head: ResponseHead,
  profile: Profile | null,
  now: number,
): EntryFacts | null => {
  const { caching } = application.config
  const { directives, targeted } = directivesOf(head, caching.targetedFields)
  const request = readRequestFields(ctx.rawHeaders)
  if (!mayStore(request, head, status, directives, caching.storeSetCookie)) return null
  const freshness = freshnessOf(head, directives, ctx.receivedAt, now, {
    lifetime: profile?.lifetime,
    heuristicFraction: caching.heuristicFraction,
    staleIfError: caching.staleIfError,
    targeted,
    mayGuess: mayGuess(status, directives),
  })
  const variant = variantOf(varyOf(head, profile), ctx)
  if (freshness === null || variant === null) return null
  const fields = head.endToEnd(['age', 'content-length', ...directives.fields])
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
    date: dateOf(head, now),
    tags: tagsOf(head),
    edition: caching.flushOnRecycle ? application.queue.edition : -1,
  }
  return isOfUse(facts, freshness, now) ? facts : null
}

/** What is stale already may be validated, or served while that is done. */
const isOfUse = ({ status, etag, lastModified }: EntryFacts, freshness: Freshness, now: number): boolean =>
  freshness.freshUntil > now ||
  freshness.revalidateUntil > now ||
  freshness.errorUntil > now ||
  (status === 200 && (etag !== undefined || !Number.isNaN(lastModified)))

const varyOf = (head: ResponseHead, profile: Profile | null): string | undefined => {
  const vary = head.list('vary')
  if (profile === null || profile.varyByHeaders === '') return vary
  return vary === undefined ? profile.varyByHeaders : `${vary},${profile.varyByHeaders}`
}

/** A string of its own: a slice, and whatever is sliced off it, would keep the whole response in memory. */
const copyOf = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')

/** Null if the body is not complete. */
export const entryOf = (draft: Draft, body: Buffer, now: number, cacheName = ''): Entry | null => {
  const content = contentOf(body, draft.framing)
  return content === null ? null : new Entry(draft.facts, content, now, cacheName)
}
