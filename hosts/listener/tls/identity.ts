/** One way to speak TLS: the certificates, versions and rules of a binding, as a server of node's that owns no port. */
import { createHash } from 'node:crypto'
import { createServer, type SecureVersion, type Server, type TlsOptions } from 'node:tls'
import type { BindingConfig, SiteConfig } from '../../../core/index.js'
import type { LoadedCertificate } from './load-certificate.js'

/** A binding of https with all that its files hold. */
export interface LoadedBinding {
  readonly binding: BindingConfig
  readonly site: SiteConfig
  readonly certificates: readonly LoadedCertificate[]
  readonly clientCa: Buffer | undefined
  readonly clientCrl: Buffer | undefined
}

export interface IdentityOptions {
  /** 48 bytes; the same for as long as the server runs, so that clients resume their sessions after a reload. */
  readonly ticketKeys: Buffer
  /** Milliseconds that a handshake may take. */
  readonly handshakeTimeout: number
}

export interface Identity {
  readonly server: Server
  /** Its clients are asked for a certificate. */
  readonly asks: boolean
}

export const speaksHttp2 = ({ sslFlags }: BindingConfig): boolean => (sslFlags & 4) === 0

/** Whether an application of the site wants to see certificates. */
export const asksForCertificate = ({ applications }: SiteConfig): boolean =>
  applications.some(({ access: { sslFlags } }) =>
    sslFlags.some((flag) => flag === 'SslNegotiateCert' || flag === 'SslRequireCert'),
  )

/** @throws Error where OpenSSL does not take what the binding says, its ciphers for example. */
export const createIdentity = (
  { binding, site, clientCa, clientCrl }: LoadedBinding,
  certificates: readonly LoadedCertificate[],
  { ticketKeys, handshakeTimeout }: IdentityOptions,
): Identity => {
  const { tls } = binding
  const asks = asksForCertificate(site)
  const pfx = certificates.flatMap((one) => (one.pfx ? [one.pfx] : []))
  const cert = certificates.flatMap((one) => (one.cert ? [one.cert] : []))
  const key = certificates.flatMap((one) => (one.key ? [one.key] : []))
  const options: TlsOptions = {
    ...(pfx.length > 0 ? { pfx } : {}),
    ...(cert.length > 0 ? { cert, key } : {}),
    ...versionsOf(binding),
    ...(tls.ciphers === '' ? {} : { ciphers: tls.ciphers, honorCipherOrder: true }),
    ...(clientCa ? { ca: clientCa } : {}),
    ...(clientCrl ? { crl: clientCrl } : {}),
    ALPNProtocols: speaksHttp2(binding) ? ['h2', 'http/1.1'] : ['http/1.1'],
    requestCert: asks,
    // Whoever shows none, or a bad one, is told so by HTTP and not by a broken connection.
    rejectUnauthorized: false,
    ticketKeys,
    // A session is resumed only with the binding, and under the rules, that it began with.
    sessionIdContext: contextOf(binding, asks),
    handshakeTimeout,
  }
  return { server: createServer(options), asks }
}

const versionsOf = ({ sslFlags, tls }: BindingConfig): TlsOptions => {
  const old = tls.minVersion === 'TLSv1' || tls.minVersion === 'TLSv1.1'
  const minVersion: SecureVersion = (sslFlags & 64) !== 0 && old ? 'TLSv1.2' : tls.minVersion
  return (sslFlags & 32) === 0 ? { minVersion } : { minVersion, maxVersion: 'TLSv1.2' }
}

const contextOf = ({ bindingInformation }: BindingConfig, asks: boolean): string =>
  createHash('sha256')
    .update(`${bindingInformation} ${String(asks)}`)
    .digest('hex')
    .slice(0, 32)
