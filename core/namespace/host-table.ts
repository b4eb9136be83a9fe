/** The sites on one port, in the order in which http.sys asks them: by host, by wildcard, by address, any. */
import { isNamedSocket } from '../config/binding-information.js'
import type { Site } from './application.js'
import { PathTable } from './path-table.js'

/** The sites that share one host; one for each address, and one for all addresses. */
interface AddressTable {
  readonly byAddress: Map<string, PathTable>
  any: PathTable | null
}

/** Registrations for any host: an empty name is no host that a request could name. */
const ANY_HOST = ''
const MAPPED_IPV4 = '::ffff:'

/**
 * Order (http.sys, UrlPrefix strings; strong wildcards, which would come first, are not in use):
 * the exact host; the wildcard host with the longest suffix; the address without host; neither host nor address. With a
 * host, the site that is bound to the address comes before the one on all addresses. The first that matches by host
 * and address ends the search, even if none of its applications has the path.
 */
export class HostTable {
  private readonly exact = new Map<string, AddressTable>()
  /** By suffix with its leading dot: `.example.com`. */
  private readonly wildcard = new Map<string, AddressTable>()

  get isEmpty(): boolean {
    return this.exact.size === 0 && this.wildcard.size === 0
  }

  /** The table of a binding, made for `site` where there was none; it may belong to another site. */
  claim(address: string, host: string, site: Site): PathTable {
    const hosts = this.mapOf(host)
    const key = hostKey(host)
    let addresses = hosts.get(key)
    if (!addresses) hosts.set(key, (addresses = { byAddress: new Map(), any: null }))
    if (isAnyAddress(address)) return (addresses.any ??= new PathTable(site))
    const local = addressKey(address)
    let table = addresses.byAddress.get(local)
    if (!table) addresses.byAddress.set(local, (table = new PathTable(site)))
    return table
  }

  /** Removes one path of a binding, and the binding with its last path; false if there was none. */
  remove(address: string, host: string, path: string): boolean {
    const hosts = this.mapOf(host)
    const key = hostKey(host)
    const addresses = hosts.get(key)
    if (!addresses) return false
    const anyAddress = isAnyAddress(address)
    const table = anyAddress ? addresses.any : addresses.byAddress.get(addressKey(address))
    if (!table?.remove(path)) return false
    if (table.isEmpty) {
      if (anyAddress) addresses.any = null
      else addresses.byAddress.delete(addressKey(address))
      if (!addresses.any && addresses.byAddress.size === 0) hosts.delete(key)
    }
    return true
  }

  /** The table that answers for a host on a local address. */
  find(localAddress: string, host: string): PathTable | null {
    if (host !== ANY_HOST) {
      const exact = this.exact.get(host)
      const table = exact && choose(exact, localAddress)
      if (table) return table
      if (this.wildcard.size > 0) {
        const wild = this.findWildcard(localAddress, host)
        if (wild) return wild
      }
    }
    const unnamed = this.exact.get(ANY_HOST)
    return unnamed ? choose(unnamed, localAddress) : null
  }

  private findWildcard(localAddress: string, host: string): PathTable | null {
    // The dot at the beginning is not looked for: `*` stands for at least one character.
    for (let dot = host.indexOf('.', 1); dot > 0; dot = host.indexOf('.', dot + 1)) {
      const addresses = this.wildcard.get(host.slice(dot))
      const table = addresses && choose(addresses, localAddress)
      if (table) return table
    }
    return null
  }

  private mapOf(host: string): Map<string, AddressTable> {
    return host.startsWith('*.') ? this.wildcard : this.exact
  }
}

const choose = ({ byAddress, any }: AddressTable, localAddress: string): PathTable | null =>
  byAddress.size === 0 ? any : (byAddress.get(unmapped(localAddress)) ?? any)

/** As the validate stage gives a host: lower case, without the dot that may end a full domain name. */
const hostKey = (host: string): string =>
  (host.startsWith('*.') ? host.slice(1) : host).toLowerCase().replace(/\.$/, '')

const isAnyAddress = (address: string): boolean =>
  address === '*' || address === '' || address === '0.0.0.0' || address === '::' || address === '[::]'

/** A socket that listens on all addresses shows IPv4 ones as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2). */
const unmapped = (address: string): string =>
  address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address

/** An address in the one spelling in which it is looked up: IPv6 compressed, lower case, without brackets (RFC 5952). */
const addressKey = (address: string): string => {
  // A path, or the name of a socket, is what it is.
  if (isNamedSocket(address)) return address
  const bare = address.toLowerCase().replace(/^\[|\]$/g, '')
  if (!bare.includes(':') || bare.includes('%')) return bare
  const compressed = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(compressed) ?? []
  return high === undefined || low === undefined ? compressed : dotted(parseInt(high, 16), parseInt(low, 16))
}

const dotted = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.')
