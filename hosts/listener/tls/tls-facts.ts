/** What is to be known of a connection whose handshake is done. */
import type { TLSSocket } from 'node:tls'
import type { TlsFacts } from '../../../core/contract/tls.js'

export const tlsFactsOf = (socket: TLSSocket, asked: boolean): TlsFacts => {
  const { name, standardName, version } = socket.getCipher()
  const der = asked ? rawCertificate(socket) : undefined
  return {
    protocol: socket.getProtocol() ?? version,
    cipher: { name, standardName, version },
    servername: typeof socket.servername === 'string' ? socket.servername : '',
    alpnProtocol: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : '',
    asked,
    certificate: der?.toString('base64') ?? '',
    problem: der && !socket.authorized ? problemOf(socket) : '',
  }
}

const rawCertificate = (socket: TLSSocket): Buffer | undefined =>
  (socket.getPeerCertificate() as { raw?: Buffer } | null)?.raw

/** Node has OpenSSL's word in the place of an Error, whatever its types say. */
const problemOf = ({ authorizationError }: TLSSocket): string => {
  const word: unknown = authorizationError
  return typeof word === 'string' ? word : 'UNKNOWN'
}
