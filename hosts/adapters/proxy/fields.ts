/** Header fields on their way through a proxy (RFC 9110 section 7.6). */
import type { IncomingMessage } from 'node:http'
import type { ForwardOptions } from './options.js'

const HOP_BY_HOP = ['connection', 'proxy-connection', 'keep-alive', 'te', 'transfer-encoding', 'upgrade']
/** Written anew, or answered by this server itself. */
const OWN = [
  'host',
  'expect',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-prefix',
  'via',
]

/** The names that end at this hop: those of RFC 9110 section 7.6.1, and those that Connection names. */
export const endingHere = (connection: string | readonly string[] | undefined): Set<string> => {
  const ends = new Set(HOP_BY_HOP)
  for (const name of String(connection ?? '').split(',')) {
    const trimmed = name.trim().toLowerCase()
    if (trimmed !== '') ends.add(trimmed)
  }
  return ends
}

export const protocolOf = (request: IncomingMessage): 'http' | 'https' =>
  (request.socket as { encrypted?: boolean }).encrypted === true ? 'https' : 'http'

/** @returns names and values in turn, as undici and node's http take them. */
export const requestFields = (
  request: IncomingMessage,
  ownHost: string,
  mount: string,
  options: ForwardOptions,
): string[] => {
  const ends = endingHere(request.headers.connection)
  const fields: string[] = []
  const raw = request.rawHeaders
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const lower = name.toLowerCase()
    if (ends.has(lower) || OWN.includes(lower)) continue
    if (lower === 'forwarded' && options.forwardedHeaders === 'replace') continue
    fields.push(name, raw[at + 1] ?? '')
  }
  const { headers, socket, httpVersion } = request
  const keep = options.forwardedHeaders === 'append'
  const address = socket.remoteAddress ?? 'unknown'
  const host = headers.host ?? ''
  const before = (value: string | string[] | undefined, last: string): string =>
    keep && value !== undefined ? `${String(value)}, ${last}` : last
  fields.push('Host', options.preserveHostHeader && host !== '' ? host : ownHost)
  fields.push(
    'Via',
    headers.via === undefined ? `${httpVersion} webgarden` : `${headers.via}, ${httpVersion} webgarden`,
  )
  fields.push('X-Forwarded-For', before(headers['x-forwarded-for'], address))
  fields.push('X-Forwarded-Host', String((keep ? headers['x-forwarded-host'] : undefined) ?? host))
  fields.push(
    'X-Forwarded-Proto',
    String((keep ? headers['x-forwarded-proto'] : undefined) ?? protocolOf(request)),
  )
  if (mount !== '') fields.push('X-Forwarded-Prefix', mount)
  if (options.forwarded) {
    const node = address.includes(':') ? `"[${address}]"` : address
    fields.push('Forwarded', `for=${node};host="${host.replace(/["\\]/g, '')}";proto=${protocolOf(request)}`)
  }
  return fields
}

/** A Location that names the server behind, as the client has to ask for it. */
export const rewriteLocation = (
  location: string,
  server: { readonly origin: URL; readonly prefix: string },
  request: IncomingMessage,
  mount: string,
): string => {
  const host = request.headers.host ?? ''
  let path = location
  let front = ''
  if (/^https?:\/\//i.test(location)) {
    if (!URL.canParse(location)) return location
    const { host: named, pathname, search, hash } = new URL(location)
    if (named !== server.origin.host && named !== host) return location
    front = host === '' ? '' : `${protocolOf(request)}://${host}`
    path = pathname + search + hash
  } else if (!location.startsWith('/') || location.startsWith('//')) return location
  if (server.prefix !== '' && isBelow(path, server.prefix)) path = path.slice(server.prefix.length)
  if (mount !== '' && !isBelow(path, mount)) path = mount + path
  return front + path
}

const isBelow = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(`${folder}/`) || path.startsWith(`${folder}?`)
