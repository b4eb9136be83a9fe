/** Makes the head of a response that the listener itself answers: an error, a stage's answer. */
import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http'
import type { RequestContext } from '../../core/index.js'

let dateSecond = -1
let dateText = ''

/** The Date header's value for this second (RFC 9110 section 6.6.1). */
export const httpDate = (now: number): string => {
  const second = Math.floor(now / 1000)
  if (second !== dateSecond) {
    dateSecond = second
    dateText = new Date(second * 1000).toUTCString()
  }
  return dateText
}

/** Statuses that have no body, and no length either (RFC 9110 section 6.4.1). */
const isBodiless = (status: number): boolean =>
  status === 204 || status === 304 || (status >= 100 && status < 200)

/**
 * The whole response as bytes of an HTTP/1 connection: what the stage set, and the fields that framing needs.
 *
 * @throws TypeError where a stage has set a field that would break or split the response.
 */
export const composeResponse = (ctx: RequestContext, keepAlive: boolean, now: number): Buffer => {
  const { status, headers, body } = ctx.response
  const bytes = body === null ? Buffer.alloc(0) : typeof body === 'string' ? Buffer.from(body) : body
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1] ?? ''
    validateHeaderName(name)
    validateHeaderValue(name, value)
    head += `${name}: ${value}\r\n`
  }
  head += `Date: ${httpDate(now)}\r\nConnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n`
  if (!isBodiless(status)) head += `Content-Length: ${bytes.length}\r\n`
  const withBody = ctx.method !== 'HEAD' && !isBodiless(status)
  return Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), withBody ? bytes : Buffer.alloc(0)])
}
