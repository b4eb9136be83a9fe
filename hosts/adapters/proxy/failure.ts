/** What a client sees when nobody behind the proxy has answered: the console names the server, the page does not. */
import { STATUS_CODES, type ServerResponse } from 'node:http'

const TIMEOUTS = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
])

/** RFC 9110 sections 15.6.3 and 15.6.5. */
export const statusOfFailure = (error: Error): 502 | 504 =>
  TIMEOUTS.has((error as NodeJS.ErrnoException).code ?? '') ? 504 : 502

export const answerFailure = (response: ServerResponse, status: 502 | 503 | 504, why: string): void => {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`
  const page = `<!doctype html><title>${title}</title><h1>${title}</h1><p>${why}.</p>\n`
  response.statusCode = status
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.setHeader('Content-Length', page.length)
  response.end(page)
}
