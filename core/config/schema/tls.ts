/** What an https binding says of TLS: its certificates, versions and ciphers, and whose client certificates it takes. */
import { Type } from 'typebox'
import { FilePath, Flags } from './keywords.js'

export const certificate = Type.Object({
  certFile: Type.Optional(
    FilePath({
      description: 'PEM: the certificate, then those that lead to its issuer. Watched for changes.',
    }),
  ),
  keyFile: Type.Optional(
    FilePath({ description: 'PEM: its private key. Left out where `certFile` holds it too.' }),
  ),
  pfxFile: Type.Optional(
    FilePath({ description: 'PFX (PKCS #12): certificate and key in one file, instead of the two above.' }),
  ),
  passphrase: Type.String({
    default: '',
    description: 'Opens the key or the PFX. Take it from the environment: `%NAME%`.',
  }),
})

export const tls = Type.Object(
  {
    minVersion: Type.Enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], {
      default: 'TLSv1.2',
      description: 'Oldest version that a client may speak.',
    }),
    ciphers: Type.String({
      default: '',
      description: "Ciphers in OpenSSL's words, in order of preference; empty is node's own list.",
    }),
    clientCaFile: Type.Optional(
      FilePath({
        description: "PEM: who may have issued the certificates of clients. node's own list where left out.",
      }),
    ),
    clientCrlFile: Type.Optional(
      FilePath({ description: 'PEM: revocation lists; a client with a certificate on one gets 403.13.' }),
    ),
  },
  { description: 'TLS of this binding.' },
)

/** Of an application, and of a site for all of its applications (IIS: `security/access`). */
export const access = Type.Object(
  {
    sslFlags: Flags(['Ssl', 'SslNegotiateCert', 'SslRequireCert', 'Ssl128'], {
      default: [],
      description:
        'Ssl: https only, else 403.4. Ssl128: with 128 bits at least, else 403.5. SslNegotiateCert: clients are asked for a certificate. SslRequireCert: who shows none gets 403.7.',
    }),
  },
  { description: 'By which connections it may be reached. Taken from the site where left out.' },
)
