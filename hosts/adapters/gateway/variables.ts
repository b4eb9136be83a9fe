/** The meta-variables of a request (RFC 3875, section 4.1), with those that PHP and IIS know beside them. */
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { version } from '../../../core/version.js'
import type { Script } from './script-path.js'

/** What the runtime adds to node's message. */
export interface GatewayMessage extends IncomingMessage {
  originalUrl?: string
  serverVariables?: Readonly<Record<string, string | undefined>>
}

export interface VariableOptions {
  /** The folder of the application. */
  readonly root: string
  /** What stands before the script's path in the URL: '' for a site's root. */
  readonly mount: string
  readonly allowAuthorization: boolean
}

export interface RequestFacts {
  readonly method: string
  readonly query: string
  /** Path and query as the client sent them. */
  readonly uri: string
  /** Bytes of the body; undefined where there is none. */
  readonly length: number | undefined
  /** The path that a script's local redirect replaced. */
  readonly redirectedFrom: string | undefined
}

/** `Proxy` would become HTTP_PROXY, which programs take for their own setting (httpoxy, CVE-2016-5385). */
const NEVER = new Set([
  'proxy',
  'proxy-authorization',
  'content-type',
  'content-length',
  'transfer-encoding',
  'connection',
])

const OF_IIS = [
  'APPL_MD_PATH',
  'APPL_PHYSICAL_PATH',
  'APP_POOL_ID',
  'INSTANCE_ID',
  'LOCAL_ADDR',
  'WARMUP_REQUEST',
]

export const variablesOf = (
  request: GatewayMessage,
  script: Script,
  facts: RequestFacts,
  { root, mount, allowAuthorization }: VariableOptions,
): Record<string, string> => {
  const known = request.serverVariables ?? {}
  const variables: Record<string, string> = {
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_SOFTWARE: `webgarden/${version}`,
    SERVER_PROTOCOL: `HTTP/${request.httpVersion}`,
    SERVER_NAME: known.SERVER_NAME ?? 'localhost',
    SERVER_PORT: known.SERVER_PORT ?? '80',
    SERVER_ADDR: known.LOCAL_ADDR ?? '127.0.0.1',
    REQUEST_METHOD: facts.method,
    REQUEST_URI: facts.uri,
    REQUEST_SCHEME: known.HTTPS === 'on' ? 'https' : 'http',
    QUERY_STRING: facts.query,
    DOCUMENT_ROOT: root,
    SCRIPT_NAME: mount + script.path,
    SCRIPT_FILENAME: script.file,
    REMOTE_ADDR: known.REMOTE_ADDR ?? '',
    REMOTE_HOST: known.REMOTE_ADDR ?? '',
    REMOTE_PORT: known.REMOTE_PORT ?? '',
    // php-cgi serves nobody without it (cgi.force_redirect).
    REDIRECT_STATUS: '200',
    CONTENT_LENGTH: facts.length === undefined ? '' : String(facts.length),
    CONTENT_TYPE: (facts.length === undefined ? undefined : request.headers['content-type']) ?? '',
  }
  if (known.HTTPS === 'on') variables.HTTPS = 'on'
  if (script.pathInfo !== '') {
    variables.PATH_INFO = script.pathInfo
    variables.PATH_TRANSLATED = join(root, script.pathInfo)
  }
  // Nobody where no authentication module has found out who asks.
  if (known.AUTH_USER) {
    variables.AUTH_TYPE = known.AUTH_TYPE ?? ''
    variables.REMOTE_USER = known.AUTH_USER
  }
  if (facts.redirectedFrom !== undefined) variables.REDIRECT_URL = facts.redirectedFrom
  for (const name of OF_IIS) {
    const value = known[name]
    if (value !== undefined) variables[name] = value
  }
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || NEVER.has(name) || (name === 'authorization' && !allowAuthorization)) continue
    // `X_Real` and `X-Real` would be one variable: whoever checks the one must not be told the other.
    if (!/^[a-z0-9-]+$/.test(name)) continue
    variables[`HTTP_${name.replaceAll('-', '_').toUpperCase()}`] = Array.isArray(value)
      ? value.join(', ')
      : value
  }
  // One NUL would end the variable for the program, or refuse the whole start.
  for (const name of Object.keys(variables))
    variables[name] = asSent(variables[name] ?? '').replaceAll('\0', '')
  return variables
}

/** Node reads a byte as a character; here bytes that are UTF-8 become its characters again. */
const asSent = (text: string): string => {
  if (/^[\x00-\x7f]*$/.test(text) || /[^\x00-\xff]/.test(text)) return text
  const decoded = Buffer.from(text, 'latin1').toString('utf8')
  return decoded.includes('\ufffd') ? text : decoded
}
