/** Which stored responses a request that changes something makes untrue (RFC 9111 section 4.4). */
import type { RequestContext } from '../../core/index.js'
import { addressOf } from './cache-key.js'
import { headText, ResponseHead } from './response-head.js'
import { invalidatedGroups } from './tags.js'

/** Methods that change nothing by definition; of any other it is not known. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Most responses name no other resource, and one look tells. */
const NAMES_ANOTHER = /\r\n(?:content-)?location:/i

/** Whether the answer to `method` means that something may have changed: it was not refused. */
export const changes = (method: string, status: number): boolean =>
  status >= 200 && status < 400 && !SAFE.has(method)

/** The addresses (see `cache-key.ts`) that are no longer to be trusted: the target, and what the response points to. */
export const changedAddresses = (ctx: RequestContext): readonly string[] => {
  const target = addressOf(ctx.host, ctx.url)
  const text = ctx.response.raw === null ? null : headText(ctx.response.raw)
  if (text === null || !NAMES_ANOTHER.test(text)) return [target]
  const head = ResponseHead.read(text)
  const named = [...head.values('location'), ...head.values('content-location')]
  return [target, ...named.flatMap((reference) => sameHostAddress(reference, ctx))]
}

/** Only of the same host and port: an answer has no power over other sites' resources. */
const sameHostAddress = (reference: string, ctx: RequestContext): string[] => {
  const scheme = ctx.connection.encrypted ? 'https' : 'http'
  const base = `${scheme}://${ctx.header('host') ?? ctx.host}`
  if (!URL.canParse(reference, base + ctx.url)) return []
  const url = new URL(reference, base + ctx.url)
  return url.host === new URL(base).host ? [addressOf(ctx.host, url.pathname + url.search)] : []
}

/** The groups of responses that the answer says are no longer to be trusted (RFC 9875). */
export const changedGroups = (ctx: RequestContext): string[] => {
  const text = ctx.response.raw === null ? null : headText(ctx.response.raw)
  if (text === null || !/\r\ncache-group-invalidation:/i.test(text)) return []
  return invalidatedGroups(ResponseHead.read(text))
}
