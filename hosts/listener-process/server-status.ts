/** What the server's own cache has said in `Cache-Status` (RFC 9211): to clients they are one cache, and it speaks once. */
import type { Bytes } from '../../core/index.js'

/**
 * A response without that field, which the server's cache puts behind all others.
 *
 * @param raw - begins with a whole head
 */
export const withoutStatus = (raw: Bytes, name: string): Bytes => {
  const text = typeof raw === 'string' ? raw : Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return raw
  const start = text.lastIndexOf('\r\n', end - 1)
  const line = text.slice(start + 2, end).toString()
  if (!line.startsWith(`Cache-Status: ${name}; `)) return raw
  if (typeof text === 'string') return text.slice(0, start) + text.slice(end)
  return Buffer.concat([text.subarray(0, start), text.subarray(end)])
}
