/** Which requests may take their connection over (RFC 9110 section 7.8), and what becomes of those that may not. */
import type { IncomingMessage } from 'node:http'
import { announcesBody } from './lean-messages.js'

/**
 * A GET of HTTP/1.1 without a body that asks for a protocol which is not another version of HTTP, or TLS: those are the
 * server's to speak, and a server may ignore the wish.
 */
export const mayUpgrade = ({ method, httpVersion, rawHeaders }: IncomingMessage): boolean => {
  if (method !== 'GET' || httpVersion !== '1.1' || announcesBody(rawHeaders)) return false
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === 'upgrade')
      return !/^\s*(h2c?|http|tls)\b/i.test(rawHeaders[i + 1] ?? '')
  }
  return false
}

/** The request's head once more, without the wish for another protocol: so node's parser reads it as any other. */
export const asOrdinary = ({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer => {
  let head = `${method ?? ''} ${url ?? ''} HTTP/${httpVersion}\r\n`
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    const value = rawHeaders[i + 1] ?? ''
    const lower = name.toLowerCase()
    if (lower === 'upgrade') continue
    if (lower !== 'connection') head += `${name}: ${value}\r\n`
    else {
      const kept = value.split(',').filter((token) => token.trim().toLowerCase() !== 'upgrade')
      if (kept.length > 0) head += `${name}: ${kept.join(',').trim()}\r\n`
    }
  }
  return Buffer.from(`${head}\r\n`, 'latin1')
}
