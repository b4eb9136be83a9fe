/** Makes a response whose head is composed already say that the connection ends with it (RFC 9112 section 9.6). */
import { Buffer } from 'node:buffer'

const KEEPS = /\r\nConnection:[^\r\n]*\r\n/i

/** The bytes begin with a whole head; what is none is left as it is. */
export const sayClose = (bytes: string | Uint8Array): string | Uint8Array => {
  if (typeof bytes !== 'string') {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const end = text.indexOf('\r\n\r\n')
    if (end < 0) return bytes
    const head = closing(text.toString('latin1', 0, end + 2))
    return Buffer.concat([Buffer.from(head, 'latin1'), text.subarray(end + 2)])
  }
  const end = bytes.indexOf('\r\n\r\n')
  return end < 0 ? bytes : closing(bytes.slice(0, end + 2)) + bytes.slice(end + 2)
}

/** `head` ends with the CRLF of its last field. */
const closing = (head: string): string => {
  if (KEEPS.test(head)) return head.replace(KEEPS, '\r\nConnection: close\r\n')
  return `${head}Connection: close\r\n`
}
