/**
 * Reads which host a client names (SNI) in the first bytes of its TLS connection, before TLS itself begins: so that not only
 * the certificate but all of TLS can be that of the binding.
 *
 * What it decides is no secret and no permission: a client that is read wrongly gets another binding's certificate.
 */

export type FirstBytes =
  /** `name` is '' where the client names none, or this cannot be read. */
  { readonly kind: 'tls'; readonly name: string } | { readonly kind: 'plain' } | { readonly kind: 'more' }

const HANDSHAKE = 22
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const HOST_NAME = 0
/** Longest record (RFC 8446 section 5.1); a longer ClientHello is not waited for. */
const LONGEST = 16_384 + 5

const UNNAMED: FirstBytes = { kind: 'tls', name: '' }

export const readFirstBytes = (bytes: Buffer): FirstBytes => {
  if (bytes.length === 0) return { kind: 'more' }
  if (bytes[0] !== HANDSHAKE) return looksLikeHttp(bytes) ? { kind: 'plain' } : UNNAMED
  if (bytes.length < 5) return { kind: 'more' }
  const end = 5 + bytes.readUInt16BE(3)
  if (end > LONGEST) return UNNAMED
  if (bytes.length < end) return { kind: 'more' }
  try {
    return { kind: 'tls', name: nameIn(bytes.subarray(5, end)) }
  } catch {
    // Shorter than it says, or in several records: TLS will tell.
    return UNNAMED
  }
}

/** A method begins with a letter; so does no record of TLS. */
const looksLikeHttp = (bytes: Buffer): boolean => /^[A-Za-z]/.test(bytes.toString('latin1', 0, 1))

/** RFC 8446 section 4.1.2, RFC 6066 section 3. */
const nameIn = (message: Buffer): string => {
  if (message[0] !== CLIENT_HELLO) return ''
  // Type, length, version, random.
  let at = 1 + 3 + 2 + 32
  at += 1 + message.readUInt8(at)
  at += 2 + message.readUInt16BE(at)
  at += 1 + message.readUInt8(at)
  const end = at + 2 + message.readUInt16BE(at)
  at += 2
  while (at + 4 <= end) {
    const type = message.readUInt16BE(at)
    const length = message.readUInt16BE(at + 2)
    at += 4
    if (type === SERVER_NAME) return hostIn(message.subarray(at, at + length))
    at += length
  }
  return ''
}

const hostIn = (list: Buffer): string => {
  if (list.length < 5 || list[2] !== HOST_NAME) return ''
  const length = list.readUInt16BE(3)
  return list
    .toString('latin1', 5, 5 + length)
    .toLowerCase()
    .replace(/\.$/, '')
}
