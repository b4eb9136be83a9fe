/** The fields of a response as HTTP/2 has them: lower case, and without those that concern one HTTP/1 connection. */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { OutgoingHttpHeaders } from 'node:http2'
import { hstsValue, type Hsts } from '../hsts.js'

/** RFC 9113 section 8.2.2. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

const HSTS = 'strict-transport-security'

/**
 * @param fields - names and values in turn
 * @param hsts - what the site wants all clients by https to be told
 * @throws TypeError where a field would break the response.
 */
export const responseFields = (
  status: number,
  fields: readonly string[],
  hsts: Hsts | null,
): OutgoingHttpHeaders => {
  const headers = fieldsOf(fields)
  if (hsts) headers[HSTS] ??= hstsValue(hsts)
  return { ':status': status, ...headers }
}

export const fieldsOf = (fields: readonly string[]): Record<string, string | string[]> => {
  const headers = Object.create(null) as Record<string, string | string[]>
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] ?? '').toLowerCase()
    const value = fields[i + 1] ?? ''
    if (OF_THE_CONNECTION.has(name)) continue
    validateHeaderName(name)
    validateHeaderValue(name, value)
    const before = headers[name]
    if (before === undefined) headers[name] = value
    else if (Array.isArray(before)) before.push(value)
    else headers[name] = [before, value]
  }
  return headers
}
