/** The server variables that are asked for rarely: a table, each worked out from the others. */
import type { IncomingMessage } from 'node:http'
import type { PeerCertificate } from 'node:tls'
import type { User } from '../../core/contract/http-context.js'
import { version } from '../../core/version.js'
import { certificateOf, cipherOf } from './client-certificate.js'
import type { ServerVariables } from './server-variables.js'

type Find = (from: ServerVariables) => string | undefined

const user = (from: ServerVariables): User | null => from.context?.user ?? null

const name: Find = (from) => user(from)?.name ?? ''

const http = (from: ServerVariables, field: string): string => headerOf(from.request, field) ?? ''

/** Something of the client's certificate; '' where it has shown none. */
const ofCertificate =
  (find: (certificate: PeerCertificate) => string): Find =>
  (from) => {
    const certificate = certificateOf(from.socket)
    return certificate ? find(certificate) : ''
  }

const ofCipher =
  (find: (cipher: NonNullable<ReturnType<typeof cipherOf>>) => string): Find =>
  (from) => {
    const cipher = cipherOf(from.socket)
    return cipher ? find(cipher) : ''
  }

/** Bit 0: there is one; bit 1: its issuer is not known here. */
const flagsOf = (socket: { readonly authorized: boolean }): string => {
  if (!certificateOf(socket)) return ''
  return socket.authorized ? '1' : '3'
}

/** As X.500 names are written: `C=DE, O=Garden, CN=Ann`. */
const distinguished = (names: PeerCertificate['subject'] | undefined): string =>
  Object.entries(names ?? {})
    .map(([key, value]) => `${key}=${[value].flat().join('+')}`)
    .join(', ')

const keySize: Find = ofCertificate(({ bits }) => (bits === undefined ? '' : String(bits)))
const cipherSize: Find = ofCipher(
  ({ name: cipher }) => /(?:AES|CAMELLIA|ARIA)_?(\d+)/.exec(cipher)?.[1] ?? '',
)
const issuer: Find = ofCertificate((certificate) => distinguished(certificate.issuer))

const scriptFile: Find = ({ context, settings }) => {
  if (!context) return settings.physicalPath
  return context.extraPath === '' ? context.physicalPath : context.mapPath(context.scriptPath)
}

/** The file behind PATH_INFO; '' where a script is followed by nothing. */
const translated: Find = ({ context, settings }) => {
  if (!context) return settings.physicalPath
  if (!context.handler?.allowPathInfo) return context.physicalPath
  return context.extraPath === '' ? '' : context.mapPath(context.extraPath)
}

/** learn.microsoft.com, "IIS Server Variables"; those that only Windows can answer are ''. */
export const furtherVariables: Readonly<Record<string, Find>> = {
  ALL_HTTP: ({ request }) => lines(request, (field, value) => `HTTP_${variableOf(field)}:${value}\n`),
  ALL_RAW: ({ request }) => lines(request, (field, value) => `${field}: ${value}\r\n`),
  APP_POOL_CONFIG: () => '',
  AUTH_PASSWORD: (from) => user(from)?.password ?? '',
  AUTH_TYPE: (from) => user(from)?.type ?? '',
  AUTH_USER: name,
  CACHE_URL: (from) =>
    `${from.HTTPS === 'on' ? 'https' : 'http'}://${from.SERVER_NAME}:${from.SERVER_PORT}${from.HTTP_URL}`,
  CERT_COOKIE: ofCertificate((certificate) => certificate.fingerprint256.replaceAll(':', '')),
  CERT_FLAGS: (from) => flagsOf(from.socket),
  CERT_ISSUER: issuer,
  CERT_KEYSIZE: keySize,
  CERT_SECRETKEYSIZE: keySize,
  CERT_SERIALNUMBER: ofCertificate((certificate) => certificate.serialNumber),
  CERT_SERVER_ISSUER: () => '',
  CERT_SERVER_SUBJECT: () => '',
  CERT_SUBJECT: ofCertificate((certificate) => distinguished(certificate.subject)),
  CONTENT_LENGTH: ({ request: { headers } }) =>
    headers['content-length'] ?? (headers['transfer-encoding'] === undefined ? '0' : ''),
  CONTENT_TYPE: (from) => http(from, 'content-type'),
  CRYPT_CIPHER_ALG_ID: ofCipher((cipher) => cipher.standardName),
  CRYPT_HASH_ALG_ID: () => '',
  CRYPT_KEYEXCHANGE_ALG_ID: () => '',
  CRYPT_PROTOCOL: ofCipher((cipher) => cipher.version),
  DOCUMENT_ROOT: ({ settings }) => settings.physicalPath,
  FORWARDED_URL: () => '',
  GATEWAY_INTERFACE: () => 'CGI/1.1',
  HTTPS_KEYSIZE: cipherSize,
  HTTPS_SECRETKEYSIZE: cipherSize,
  HTTPS_SERVER_ISSUER: () => '',
  HTTPS_SERVER_SUBJECT: () => '',
  HTTP_METHOD: (from) => from.REQUEST_METHOD,
  HTTP_VERSION: (from) => from.SERVER_PROTOCOL,
  INSTANCE_META_PATH: ({ settings }) => `/LM/W3SVC/${settings.siteId}`,
  LOGON_USER: name,
  MANAGED_PIPELINE_MODE: () => 'Integrated',
  PATH_TRANSLATED: translated,
  REMOTE_HOST: (from) => from.REMOTE_ADDR,
  REMOTE_USER: name,
  REQUEST_FILENAME: scriptFile,
  REQUEST_FLAGS: () => '',
  REQUEST_URI: (from) => from.HTTP_URL,
  SCRIPT_FILENAME: scriptFile,
  SCRIPT_TRANSLATED: scriptFile,
  SERVER_ADDR: (from) => from.LOCAL_ADDR,
  SERVER_PORT_SECURE: (from) => (from.HTTPS === 'on' ? '1' : '0'),
  SERVER_SOFTWARE: () => `webgarden/${version}`,
  UNENCODED_URL: (from) => from.HTTP_URL,
  UNMAPPED_REMOTE_USER: name,
  URL_PATH_INFO: (from) => from.URL,
}

/** `HTTP_X_NAME` is the field `X-Name`; `HEADER_X_Name` the field `X_Name`; undefined where the request has none. */
export const headerVariable = (request: IncomingMessage, variable: string): string | undefined => {
  if (variable.startsWith('HTTP_')) return headerOf(request, variable.slice(5).replaceAll('_', '-'))
  if (variable.startsWith('HEADER_')) return headerOf(request, variable.slice(7))
  return undefined
}

const headerOf = ({ headers }: IncomingMessage, field: string): string | undefined => {
  const key = field.toLowerCase()
  if (!Object.hasOwn(headers, key)) return undefined
  const value = headers[key]
  return Array.isArray(value) ? value.join(', ') : value
}

const lines = ({ rawHeaders }: IncomingMessage, line: (field: string, value: string) => string): string => {
  let text = ''
  for (let i = 0; i < rawHeaders.length; i += 2) text += line(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '')
  return text
}

const variableOf = (field: string): string => field.toUpperCase().replaceAll('-', '_')
