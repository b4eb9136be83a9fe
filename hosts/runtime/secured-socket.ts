/** Gives the stand-in of a connection with TLS what applications ask of a TLSSocket, in node's words. */
import { X509Certificate } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { CipherNameAndProtocol, PeerCertificate } from 'node:tls'
import type { TlsFacts } from '../../core/contract/tls.js'

/** The part of node's TLSSocket that can be known here. */
export interface SecuredSocket {
  authorized: boolean
  authorizationError: string | null
  alpnProtocol: string | false
  servername: string | false
  getCipher(): CipherNameAndProtocol
  getProtocol(): string
  getPeerCertificate(detailed?: boolean): PeerCertificate | Record<string, never>
  getPeerX509Certificate(): X509Certificate | undefined
}

/** Own properties, since the stand-in of a plain connection must not have them: programs look whether they are there. */
export const secure = (socket: Duplex, facts: TlsFacts): void => {
  let certificate: X509Certificate | undefined
  const parsed = (): X509Certificate | undefined =>
    facts.certificate === ''
      ? undefined
      : (certificate ??= new X509Certificate(Buffer.from(facts.certificate, 'base64')))
  const secured: SecuredSocket = {
    authorized: facts.certificate !== '' && facts.problem === '',
    authorizationError: facts.problem === '' ? null : facts.problem,
    alpnProtocol: facts.alpnProtocol === '' ? false : facts.alpnProtocol,
    servername: facts.servername === '' ? false : facts.servername,
    getCipher: () => ({ ...facts.cipher }),
    getProtocol: () => facts.protocol,
    getPeerCertificate: () => parsed()?.toLegacyObject() ?? {},
    getPeerX509Certificate: parsed,
  }
  Object.assign(socket, secured)
}
