/** Networks as `trustedProxies` names them: one address, or all with the same first bits (`10.0.0.0/8`). */
import { BlockList, isIP } from 'node:net'

export interface Network {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** Undefined where `text` is none. */
export const parseNetwork = (text: string): Network | undefined => {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text)
  const address = match?.[1] ?? ''
  const version = address.includes('%') ? 0 : isIP(address)
  if (version === 0) return undefined
  const longest = version === 4 ? 32 : 128
  const prefix = match?.[2] === undefined ? longest : Number(match[2])
  return prefix > longest ? undefined : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** Whether an address belongs to one of the networks; null where there are none. */
export const membership = (networks: readonly string[]): ((address: string) => boolean) | null => {
  if (networks.length === 0) return null
  const list = new BlockList()
  for (const text of networks) {
    const network = parseNetwork(text)
    if (network) list.addSubnet(network.address, network.prefix, network.family)
  }
  return (address) => {
    const version = isIP(address)
    return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
  }
}
