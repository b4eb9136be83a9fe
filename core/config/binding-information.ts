/** `IP:port:host`, the address of a site, taken apart. */
import { isIP, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'

export interface BindingInformation {
  /** `*`, or an IP address without brackets, in its shortest form. */
  readonly address: string
  readonly port: number
  /** Lower case, IDN as punycode: `''`, a name, or `*.example.com`. */
  readonly host: string
}

const PARTS = /^(\[[^\]]*\]|[^:[\]]*):([^:]*):(.*)$/
const NAME = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*\.?$/

/** The parts, or a sentence that says what is wrong. */
export const parseBindingInformation = (text: string): BindingInformation | string => {
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
    return `must end with a host name, "*.example.com", or nothing for every host, not "${hostText}"`
  }
  return { address, port, host }
}

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
