/** What a connection with TLS says of its client's certificate and of its cipher, in node's words; nothing without TLS. */
import type { CipherNameAndProtocol, PeerCertificate } from 'node:tls'

interface Secured {
  getPeerCertificate?: () => PeerCertificate | Record<string, never> | null
  getCipher?: () => CipherNameAndProtocol | undefined
}

/** Null where the client has shown none; node says so with an object without fields. */
export const certificateOf = (socket: unknown): PeerCertificate | null => {
  const found = (socket as Secured).getPeerCertificate?.()
  return found && Object.keys(found).length > 0 ? (found as PeerCertificate) : null
}

export const cipherOf = (socket: unknown): CipherNameAndProtocol | undefined =>
  (socket as Secured).getCipher?.()
