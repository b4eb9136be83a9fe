/** Whose request it is for the limits: the peer of the connection, or whom a trusted proxy names in X-Forwarded-For. */
import { isIP } from 'node:net'
import type { RequestContext } from '../../../core/index.js'

/** Whether an address is one of a trusted proxy; null where there are none. */
export type Trusts = ((address: string) => boolean) | null

/** The last address of the list that is no trusted proxy: what stands before it, anybody can have written. */
export const clientOf = (ctx: RequestContext, trusts: Trusts): string => {
  const { remoteAddress } = ctx.connection
  if (!trusts?.(remoteAddress)) return clientKey(remoteAddress)
  const forwarded = ctx.headerList('x-forwarded-for')
  if (forwarded === undefined) return clientKey(remoteAddress)
  let client = remoteAddress
  const hops = forwarded.split(',')
  for (let at = hops.length - 1; at >= 0; at--) {
    const address = withoutPort((hops[at] ?? '').trim())
    if (isIP(address) === 0) break
    client = address
    if (!trusts(address)) break
  }
  return clientKey(client)
}

/** One customer has a whole IPv6 network of 64 bits to choose addresses from. */
export const clientKey = (address: string): string => {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.toLowerCase().split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const behind = tail === '' ? 0 : tail.split(':').length
    while (groups.length + behind < 8) groups.push('0')
    groups.push(...tail.split(':'))
  }
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}

const withoutPort = (hop: string): string => {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(hop)
  if (bracketed) return bracketed[1] ?? ''
  return /^[\d.]+:\d+$/.test(hop) ? hop.slice(0, hop.indexOf(':')) : hop
}
