/** Whose address counts where a proxy stands before the server (IIS: `enableProxyMode`). */
import { isIP, type BlockList } from 'node:net'
import { holds, plainAddress } from './address-rules.js'

/**
 * The last address of the chain that no trusted proxy has. Read from the end, since clients can write what they like at
 * the beginning.
 *
 * @param peer - who has connected
 * @param forwarded - the X-Forwarded-For field
 * @returns undefined where a trusted proxy names something that is no address.
 */
export const clientAddress = (
  peer: string,
  forwarded: string | undefined,
  trusted: BlockList,
): string | undefined => {
  let client = plainAddress(peer)
  if (forwarded === undefined) return client
  for (const part of forwarded.split(',').reverse()) {
    if (!holds(trusted, client)) return client
    const next = plainAddress(withoutPort(part.trim()))
    if (isIP(next) === 0) return undefined
    client = next
  }
  return client
}

/** `192.0.2.1:1234` and `[2001:db8::1]:1234`, as some proxies write it. */
const withoutPort = (part: string): string =>
  /^\[(.+)\](:\d+)?$/.exec(part)?.[1] ?? (/^[^:]+:\d+$/.test(part) ? part.slice(0, part.indexOf(':')) : part)
