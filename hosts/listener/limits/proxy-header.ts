/** The header of the PROXY protocol, versions 1 and 2, with which a proxy says whose connection it passes on (haproxy.org, proxy-protocol.txt). */
import { isIPv4, isIPv6 } from 'node:net'

/** `MORE`: not complete yet. `BAD`: no such header. */
export type ProxyHeader =
  | 'MORE'
  | 'BAD'
  | {
      /** Where it ends. */
      readonly length: number
      /** Null where the proxy speaks for itself (LOCAL), or does not know (UNKNOWN). */
      readonly source: { readonly address: string; readonly port: number } | null
    }

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const PREFIX = Buffer.from('PROXY ', 'latin1')
/** Of version 1, with its line end. */
const LONGEST_LINE = 107
const FIXED = 16
/** Longer lists of extensions than this nobody sends. */
const LONGEST = 4096

export const readProxyHeader = (bytes: Buffer): ProxyHeader => {
  if (startsAlike(bytes, PREFIX)) return bytes.length < PREFIX.length ? 'MORE' : readLine(bytes)
  if (startsAlike(bytes, SIGNATURE)) return bytes.length < FIXED ? 'MORE' : readBinary(bytes)
  return 'BAD'
}

const startsAlike = (bytes: Buffer, start: Buffer): boolean => {
  const length = Math.min(bytes.length, start.length)
  return bytes.compare(start, 0, length, 0, length) === 0
}

const readLine = (bytes: Buffer): ProxyHeader => {
  const text = bytes.toString('latin1', 0, LONGEST_LINE)
  const end = text.indexOf('\r\n')
  if (end < 0) return bytes.length < LONGEST_LINE ? 'MORE' : 'BAD'
  const fields = text.slice(0, end).split(' ')
  const [, family, address = '', destination = '', port = '', destinationPort = ''] = fields
  const length = end + 2
  if (family === 'UNKNOWN') return { length, source: null }
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : () => false
  if (fields.length !== 6 || !isAddress(address) || !isAddress(destination)) return 'BAD'
  if (!isPort(port) || !isPort(destinationPort)) return 'BAD'
  return { length, source: { address, port: Number(port) } }
}

const isPort = (text: string): boolean => /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535

const readBinary = (bytes: Buffer): ProxyHeader => {
  const command = bytes[12] ?? 0
  const length = FIXED + bytes.readUInt16BE(14)
  if (command >> 4 !== 2 || (command & 15) > 1 || length > LONGEST) return 'BAD'
  if (bytes.length < length) return 'MORE'
  if ((command & 15) === 0) return { length, source: null }
  const family = (bytes[13] ?? 0) >> 4
  if (family === 1 && length >= FIXED + 12) {
    const address = bytes.subarray(FIXED, FIXED + 4).join('.')
    return { length, source: { address, port: bytes.readUInt16BE(FIXED + 8) } }
  }
  if (family === 2 && length >= FIXED + 36) {
    const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(FIXED + 2 * at).toString(16))
    const address = new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
    return { length, source: { address, port: bytes.readUInt16BE(FIXED + 32) } }
  }
  // Unix sockets, and what is not specified, have no address to tell; a family without room for its addresses is wrong.
  return family === 0 || family === 3 ? { length, source: null } : 'BAD'
}
