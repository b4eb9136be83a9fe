/** The field with which a site tells its clients to come by https only (RFC 6797), put into responses that are bytes already. */
import type { Bytes, Site } from '../../core/index.js'

export type Hsts = Site['config']['hsts']

const NAME = 'Strict-Transport-Security'
const OWN = /\r\nstrict-transport-security:/i

export const hstsValue = (hsts: Hsts): string =>
  `max-age=${hsts['max-age']}${hsts.includeSubDomains ? '; includeSubDomains' : ''}${hsts.preload ? '; preload' : ''}`

/** There must be one only (RFC 6797 section 7.1): that of the application stays. */
export const withHsts = (bytes: Bytes, hsts: Hsts): Bytes => {
  const field = `${NAME}: ${hstsValue(hsts)}\r\n`
  if (typeof bytes === 'string') {
    const at = bytes.indexOf('\r\n') + 2
    if (at < 2 || OWN.test(headOf(bytes))) return bytes
    return bytes.slice(0, at) + field + bytes.slice(at)
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const at = buffer.indexOf('\r\n') + 2
  const end = buffer.indexOf('\r\n\r\n')
  if (at < 2 || OWN.test(buffer.toString('latin1', 0, end < 0 ? buffer.length : end))) return bytes
  return Buffer.concat([buffer.subarray(0, at), Buffer.from(field), buffer.subarray(at)])
}

const headOf = (text: string): string => {
  const end = text.indexOf('\r\n\r\n')
  return end < 0 ? text : text.slice(0, end)
}
