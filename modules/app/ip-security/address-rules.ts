/** Lists of addresses and networks, of both kinds, that are tried in their order. */
import { BlockList, isIP } from 'node:net'

export interface AddressEntry {
  /** An address, or a network as `10.0.0.0/8`. */
  readonly ipAddress: string
  /** `255.255.255.0`, or the number of its ones; counts where the address has no `/`. */
  readonly subnetMask: string
  readonly allowed: boolean
}

/** IPv4 in IPv6's clothes is IPv4, and a zone is no part of an address. */
export const plainAddress = (address: string): string =>
  address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')

/**
 * Answers what the first entry that holds an address says of it; undefined where none does.
 *
 * @throws Error that names the entry that is no address.
 */
export const addressRules = (
  entries: readonly AddressEntry[],
): ((address: string) => boolean | undefined) => {
  const rules = entries.map((entry) => ({ list: networks([entry]), allowed: entry.allowed }))
  return (address) => rules.find(({ list }) => holds(list, address))?.allowed
}

/** @throws Error that names the entry that is no address. */
export const networks = (entries: readonly Omit<AddressEntry, 'allowed'>[]): BlockList => {
  const list = new BlockList()
  for (const { ipAddress, subnetMask } of entries) {
    const [address = '', own] = ipAddress.split('/', 2)
    const version = isIP(address)
    if (version === 0)
      throw new Error(`"${ipAddress}" is no IP address; write 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32`)
    const family = version === 4 ? 'ipv4' : 'ipv6'
    const bits = prefixOf(own ?? (version === 6 && subnetMask === SINGLE ? '128' : subnetMask))
    if (bits === undefined || bits > (version === 4 ? 32 : 128)) {
      throw new Error(`"${own ?? subnetMask}" is no mask for ${address}; write 24 or 255.255.255.0`)
    }
    list.addSubnet(address, bits, family)
  }
  return list
}

export const holds = (list: BlockList, address: string): boolean => {
  const version = isIP(address)
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

/** IIS's default: this one address. */
export const SINGLE = '255.255.255.255'

/** The number of ones; undefined where they are not all in front. */
const prefixOf = (mask: string): number | undefined => {
  if (/^\d{1,3}$/.test(mask)) return Number(mask)
  if (isIP(mask) !== 4) return undefined
  const bits = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('')
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined
}
