/** The error answer of the worker itself: IIS's words, and what caused it for clients on this machine only. */
import { STATUS_CODES } from 'node:http'
import type { WorkerContext } from './worker-context.js'

/** What a module that puts a page of its own in place of ours can know. */
export interface ErrorFacts {
  readonly status: number
  readonly subStatus: number
  readonly detail: unknown
}

/** Ends the response with an error page; one that has begun is cut. */
export const sendErrorPage = (
  ctx: WorkerContext,
  status: number,
  subStatus: number,
  detail: unknown,
): void => {
  const { response, request } = ctx
  if (response.headersSent) {
    if (!response.writableEnded) response.destroy()
    return
  }
  ctx.error = { status, subStatus, detail }
  ctx.subStatus = subStatus
  ctx.logged.subStatus = subStatus
  for (const name of response.getHeaderNames()) if (!KEPT.has(name)) response.removeHeader(name)
  response.statusCode = status
  const page = errorPage(status, subStatus, ctx.isLocal ? detail : undefined)
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(page))
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.end(request.method === 'HEAD' ? undefined : page)
}

/** What is said of the client or the resource, not of a body. */
const KEPT = new Set(['www-authenticate', 'allow', 'retry-after', 'location', 'set-cookie'])

const errorPage = (status: number, subStatus: number, detail: unknown): string => {
  const title = `${status}${subStatus > 0 ? `.${subStatus}` : ''} - ${STATUS_CODES[status] ?? 'Error'}`
  const text = detail instanceof Error ? (detail.stack ?? detail.message) : detail
  const shown = typeof text === 'string' && text !== '' ? `<pre>${escapeHtml(text)}</pre>\n` : ''
  return `<!doctype html>\n<title>${title}</title>\n<h1>${title}</h1>\n${shown}`
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
