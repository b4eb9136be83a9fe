/** The answers that a gateway gives itself: errors and redirects. */
import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { GatewayMessage } from './variables.js'

/** @param detail - plain text, for clients on this machine only */
export const refuse = (response: ServerResponse, status: number, detail = ''): void => {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`
  const more = detail === '' ? '' : `<pre>${escape(detail)}</pre>\n`
  const page = `<!doctype html><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>\n${more}`
  response.statusCode = status
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(page))
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.end(page)
}

/** To the folder's own URL, as the client knows it. */
export const redirectToFolder = (request: GatewayMessage, response: ServerResponse): void => {
  const url = request.originalUrl ?? request.url ?? '/'
  const [path = '', ...query] = url.split('?')
  // One slash in front, and no backslash, or a browser would take the first segment for another server.
  const own = path.replace(/^[/\\]+/, '/').replaceAll('\\', '%5C')
  response.setHeader('Location', `${own}/${query.length > 0 ? `?${query.join('?')}` : ''}`)
  refuse(response, 301)
}

export const isLocal = (address: string | undefined): boolean =>
  address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address)

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
