/** Reads the host out of a Host field or of the authority of an absolute request target. */
import { isIPv6 } from 'node:net'
import { RequestError } from '../../core/index.js'

/** Longer than any name that DNS knows (RFC 1035 section 2.3.4). */
const LONGEST_HOST = 255
const COLON = 0x3a
const DOT = 0x2e
const BRACKET = 0x5b

/**
 * Letters, digits, `-`, `.`, `_` and `~`. RFC 3986 would also allow escapes and `!$&'()*+,;=`, which no host name in
 * use has and which have served to fool one program about what another had understood.
 */
const isNameCharacter = new Uint8Array(128)
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~') {
  isNameCharacter[character.charCodeAt(0)] = 1
}

/**
 * The host of `host[:port]`, lower case, without port and without the dot that may end a full domain name; an IPv6
 * literal keeps its brackets and comes in its one shortest form (RFC 5952).
 *
 * @throws RequestError `BAD_HOST` when it is empty or not of that form (RFC 9110 section 4.2.1, RFC 9112 section 3.2).
 */
export const readHost = (authority: string): string => {
  if (authority.charCodeAt(0) === BRACKET) return readLiteral(authority)
  const { length } = authority
  let end = 0
  let previous = DOT
  for (; end < length; end++) {
    const code = authority.charCodeAt(end)
    if (code === COLON) break
    if (code > 127 || isNameCharacter[code] === 0) throw new RequestError('BAD_HOST')
    if (code === DOT && previous === DOT) throw new RequestError('BAD_HOST')
    previous = code
  }
  if (end === 0 || end > LONGEST_HOST) throw new RequestError('BAD_HOST')
  if (end < length) checkPort(authority, end + 1)
  if (previous === DOT) end--
  return (end < length ? authority.slice(0, end) : authority).toLowerCase()
}

const readLiteral = (authority: string): string => {
  const close = authority.indexOf(']')
  const address = authority.slice(1, close)
  // A zone id (`%eth0`) means something to one machine only (RFC 9844).
  if (close < 0 || address.includes('%') || !isIPv6(address)) throw new RequestError('BAD_HOST')
  if (close + 1 < authority.length) {
    if (authority.charCodeAt(close + 1) !== COLON) throw new RequestError('BAD_HOST')
    checkPort(authority, close + 2)
  }
  return new URL(`http://[${address}]`).hostname
}

/** The port may be empty (RFC 3986 section 3.2.3). It is not compared: requests are routed by the port they came to. */
const checkPort = (authority: string, start: number): void => {
  let port = 0
  for (let index = start; index < authority.length; index++) {
    const digit = authority.charCodeAt(index) - 0x30
    port = port * 10 + digit
    if (digit < 0 || digit > 9 || port > 65_535) throw new RequestError('BAD_HOST')
  }
}
