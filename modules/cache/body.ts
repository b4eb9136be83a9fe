/** Gets the content out of the bytes that followed a response's head, if they are complete. */
import { dechunk } from './dechunk.js'
import type { ResponseHead } from './response-head.js'

/** How the end of the body is known; `unknown` is a framing that is not to be trusted. */
export type Framing = 'none' | 'chunked' | 'untilEnd' | 'unknown' | number

/** The framing of a response to a GET (RFC 9112 section 6.3); a number is the Content-Length. */
export const framingOf = (head: ResponseHead, status: number): Framing => {
  const coding = head.list('transfer-encoding')
  const [length, ...others] = head.values('content-length')
  if (status === 204) return 'none'
  if (coding !== undefined) {
    return length === undefined && coding.toLowerCase() === 'chunked' ? 'chunked' : 'unknown'
  }
  if (length === undefined) return 'untilEnd'
  return others.length === 0 && /^\d{1,15}$/.test(length) ? Number(length) : 'unknown'
}

/** The content, or null if bytes are missing or too many. */
export const contentOf = (bytes: Buffer, framing: Framing): Buffer | null => {
  switch (framing) {
    case 'unknown':
      return null
    case 'none':
      return bytes.length === 0 ? bytes : null
    case 'untilEnd':
      return bytes
    case 'chunked':
      return dechunk(bytes)
    default:
      return bytes.length === framing ? bytes : null
  }
}
