/** The page with everything that is known of an error, for those who may see it (IIS's detailed errors). */
import { STATUS_CODES } from 'node:http'
import type { HttpContext } from '../../../core/index.js'
import { originalUrl } from '../resource.js'
import { escapeHtml } from '../url.js'

/** @param ctx - the request that answered, which may be a child */
export const detailedPage = (ctx: HttpContext, status: number, subStatus: number): string => {
  const { error, user, handler, application } = ctx
  const title = titleOf(status, subStatus)
  const rows: readonly (readonly [string, string])[] = [
    ['Event', error?.event ?? 'execute, by the application itself'],
    ['Handler', handler?.name ?? 'the application'],
    ['Application', application.name],
    ['Requested URL', `${ctx.request.headers.host ?? ''}${originalUrl(ctx)}`],
    ['Physical path', ctx.physicalPath],
    ['Logon method', user?.type ?? 'not yet determined'],
    ['Logon user', user ? user.name || 'anonymous' : 'not yet determined'],
  ]
  const table = rows.map(([name, value]) => `<tr><th>${name}</th><td>${escapeHtml(value)}</td></tr>`)
  const detail = wordsOf(error?.detail)
  return (
    `<!doctype html>\n<meta charset="utf-8">\n<title>${title}</title>\n<h1>${title}</h1>\n` +
    (detail === '' ? '' : `<pre>${escapeHtml(detail)}</pre>\n`) +
    `<table>\n${table.join('\n')}\n</table>\n`
  )
}

/** Nothing but the status. */
export const plainPage = (status: number, subStatus: number): string => {
  const title = titleOf(status, subStatus)
  return `<!doctype html>\n<title>${title}</title>\n<h1>${title}</h1>\n`
}

const titleOf = (status: number, subStatus: number): string =>
  `${status}${subStatus > 0 ? `.${subStatus}` : ''} - ${STATUS_CODES[status] ?? 'Error'}`

const wordsOf = (detail: unknown): string =>
  detail instanceof Error ? (detail.stack ?? detail.message) : typeof detail === 'string' ? detail : ''
