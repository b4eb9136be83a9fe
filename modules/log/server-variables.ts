/** The server variables that a custom log field may name, as far as the listener knows them (IIS names). */
import type { RequestContext } from '../../core/index.js'
import { decodeRaw } from './escape.js'
import { plainAddress } from './plain-address.js'

/** Answers '' where the request has no such value. */
export type Variable = (ctx: RequestContext) => string

const header =
  (name: string): Variable =>
  (ctx) =>
    decodeRaw(ctx.headerList(name) ?? '')

const user: Variable = (ctx) => ctx.user
const serverPort: Variable = (ctx) => String(ctx.connection.localPort)
const protocol: Variable = (ctx) => `HTTP/${ctx.httpVersion}`
const localAddress: Variable = (ctx) => plainAddress(ctx.connection.localAddress)
const remoteAddress: Variable = (ctx) => plainAddress(ctx.connection.remoteAddress)

const variables: ReadonlyMap<string, Variable> = new Map<string, Variable>([
  ['APP_POOL_ID', (ctx) => ctx.queue?.name ?? ''],
  ['AUTH_USER', user],
  ['CONTENT_LENGTH', header('content-length')],
  ['CONTENT_TYPE', header('content-type')],
  ['GATEWAY_INTERFACE', () => 'CGI/1.1'],
  ['HTTPS', (ctx) => (ctx.connection.encrypted ? 'on' : 'off')],
  ['HTTP_METHOD', (ctx) => ctx.method],
  ['HTTP_URL', (ctx) => decodeRaw(ctx.target)],
  ['HTTP_VERSION', protocol],
  ['INSTANCE_ID', (ctx) => (ctx.site ? String(ctx.site.id) : '')],
  ['INSTANCE_META_PATH', (ctx) => (ctx.site ? `/LM/W3SVC/${ctx.site.id}` : '')],
  ['INSTANCE_NAME', (ctx) => ctx.site?.name ?? ''],
  ['LOCAL_ADDR', localAddress],
  ['LOGON_USER', user],
  ['QUERY_STRING', (ctx) => decodeRaw(ctx.query)],
  ['REMOTE_ADDR', remoteAddress],
  ['REMOTE_HOST', remoteAddress],
  ['REMOTE_PORT', (ctx) => String(ctx.connection.remotePort)],
  ['REMOTE_USER', user],
  ['REQUEST_METHOD', (ctx) => ctx.method],
  ['REQUEST_URI', (ctx) => decodeRaw(ctx.target)],
  ['SERVER_ADDR', localAddress],
  ['SERVER_NAME', (ctx) => ctx.host],
  ['SERVER_PORT', serverPort],
  ['SERVER_PORT_SECURE', (ctx) => (ctx.connection.encrypted ? '1' : '0')],
  ['SERVER_PROTOCOL', protocol],
  ['UNENCODED_URL', (ctx) => decodeRaw(ctx.target)],
  ['URL', (ctx) => ctx.path],
])

/**
 * The variable of this name, case-insensitive, `HTTP_<NAME>` and `HEADER_<NAME>` included; one that is unknown, or
 * known only inside a worker, is always ''.
 */
export const serverVariable = (name: string): Variable => {
  const upper = name.toUpperCase()
  const known = variables.get(upper)
  if (known) return known
  if (upper.startsWith('HTTP_')) return header(name.slice('HTTP_'.length).replaceAll('_', '-').toLowerCase())
  if (upper.startsWith('HEADER_')) return header(name.slice('HEADER_'.length).toLowerCase())
  return () => ''
}
