/** By which connections an application may be reached (IIS: `security/access`), and the way from http to https. */
import {
  RequestError,
  type Application,
  type Connection,
  type RequestContext,
  type Site,
} from '../../core/index.js'

type Asked = Pick<RequestContext, 'host' | 'url' | 'method' | 'respond'> & {
  readonly connection: Pick<Connection, 'encrypted' | 'tls'>
}

const HTTPS_PORT = 443

/** Answers with the way to https, where the site wants that; whether it has. */
export const redirectToHttps = (ctx: Asked, { config: { hsts }, securePort = 0 }: Site): boolean => {
  if (!hsts.enabled || !hsts.redirectHttpToHttps || ctx.connection.encrypted || ctx.host === '') return false
  const port = securePort === 0 || securePort === HTTPS_PORT ? '' : `:${securePort}`
  // What is not only read is to be sent again as it is: 301 would make a GET of it (RFC 9110 section 15.4.2).
  const status = ctx.method === 'GET' || ctx.method === 'HEAD' ? 301 : 308
  ctx.respond(status, ['Location', `https://${ctx.host}${port}${ctx.url === '*' ? '/' : ctx.url}`], null)
  return true
}

/** @throws RequestError where the connection is not what the application's `access` asks for. */
export const checkAccess = ({ connection }: Asked, { config: { access } }: Application): void => {
  const { sslFlags } = access
  if (sslFlags.length === 0) return
  const requires = sslFlags.includes('SslRequireCert')
  const { tls } = connection
  if (!connection.encrypted) {
    if (requires || sslFlags.includes('Ssl')) throw new RequestError('TLS_REQUIRED')
    if (sslFlags.includes('Ssl128')) throw new RequestError('STRONG_TLS_REQUIRED')
    return
  }
  if (!tls) return
  if (sslFlags.includes('Ssl128') && isWeak(tls.cipher.standardName))
    throw new RequestError('STRONG_TLS_REQUIRED')
  if (!requires && !sslFlags.includes('SslNegotiateCert')) return
  // The connection was made to another host, which does not ask: on one of its own this host would have.
  if (!tls.asked) throw new RequestError('MISDIRECTED')
  if (!requires) return
  if (tls.certificate === '') throw new RequestError('CERTIFICATE_REQUIRED')
  switch (tls.problem) {
    case '':
      return
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      throw new RequestError('CERTIFICATE_EXPIRED')
    case 'CERT_REVOKED':
      throw new RequestError('CERTIFICATE_REVOKED')
    default:
      throw new RequestError('CERTIFICATE_UNTRUSTED')
  }
}

/** IANA's names say it: `TLS_RSA_WITH_DES_CBC_SHA`. */
const isWeak = (cipher: string): boolean => /_(?:NULL|DES|DES40|RC4_40|RC2_CBC_40|3DES)_/.test(`${cipher}_`)
