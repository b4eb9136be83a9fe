/** `IP:port:host`, the address of a site, taken apart; or a Unix socket, or one that systemd hands over. */
import { isIP, isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import { domainToASCII } from 'node:url'

export interface BindingInformation {
  /** `*`, an IP address without brackets in its shortest form, `unix:/path`, or `systemd:name`. */
  readonly address: string
  readonly port: number
  /** Lower case, IDN as punycode: `''`, a name, or `*.example.com`. */
  readonly host: string
}

/** What is no address on a network begins with one of these. */
const SOCKET = /^(unix|systemd):([^:]*):(.*)$/s

/** Whether an address is that of a Unix socket, or of one that is handed over: it has no port of its own. */
export const isNamedSocket = (address: string): boolean => /^(?:unix|systemd):/.test(address)

const PARTS = /^(\[[^\]]*\]|[^:[\]]*):([^:]*):(.*)$/
const NAME = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*\.?$/

/**
 * The parts, or a sentence that says what is wrong.
 *
 * @param directory - what the path of a Unix socket is relative to
 */
export const parseBindingInformation = (
  text: string,
  directory = process.cwd(),
): BindingInformation | string => {
  if (/^(?:unix|systemd):/.test(text)) return parseSocket(text, directory)
  const parts = PARTS.exec(text)
  if (!parts) return `must have the form IP:port:host, such as "*:80:" or "127.0.0.1:8080:www.example.com"`
  const [, ip = '', portText = '', hostText = ''] = parts
  const address = addressOf(ip)
  if (address === undefined) {
    return `must begin with "*", an IPv4 address, or an IPv6 address in brackets, not "${ip}"`
  }
  const port = Number(portText)
  if (!/^\d{1,5}$/.test(portText) || port > 65_535) {
    return `must have a port from 0 to 65535 (0 is any free one), not "${portText}"`
  }
  const host = hostOf(hostText)
  if (host === undefined) {
    return notAHost(hostText)
  }
  return { address, port, host }
}

/** The longest path that a Unix socket may have on all systems, in bytes. */
const LONGEST_PATH = 103

const parseSocket = (text: string, directory: string): BindingInformation | string => {
  const [, kind = '', name = '', hostText = ''] = SOCKET.exec(text) ?? []
  if (name === '') {
    return kind === 'systemd' || text.startsWith('systemd')
      ? 'must have the form systemd:name:host, such as "systemd:web.socket:"'
      : 'must have the form unix:/path:host, such as "unix:/run/site.sock:"; the path may hold no colon'
  }
  const host = hostOf(hostText)
  if (host === undefined) return notAHost(hostText)
  if (kind === 'systemd') return { address: `systemd:${name}`, port: 0, host }
  const path = resolve(directory, name)
  return Buffer.byteLength(path) > LONGEST_PATH
    ? `has a path of more than ${LONGEST_PATH} bytes, which no Unix socket can have`
    : { address: `unix:${path}`, port: 0, host }
}

const notAHost = (text: string): string =>
  `must end with a host name, "*.example.com", or nothing for every host, not "${text}"`

const addressOf = (ip: string): string | undefined => {
  if (ip === '*') return ip
  if (ip.startsWith('[')) return isIPv6(ip.slice(1, -1)) ? shortest(ip.slice(1, -1)) : undefined
  return isIP(ip) === 4 ? ip : undefined
}

/** One way of writing for each IPv6 address, so that doubles are found. */
const shortest = (ip: string): string =>
  ip.includes('%') ? ip.toLowerCase() : new URL(`http://[${ip}]`).hostname.slice(1, -1)

const hostOf = (text: string): string | undefined => {
  if (text === '') return ''
  if (text.startsWith('[') && text.endsWith(']')) {
    return isIPv6(text.slice(1, -1)) ? `[${shortest(text.slice(1, -1))}]` : undefined
  }
  const ascii = /^[\x00-\x7f]*$/.test(text) ? text.toLowerCase() : domainToASCII(text)
  return ascii.length <= 253 && NAME.test(ascii) ? ascii : undefined
}
