/** The key under which a response is kept: where the connection came in, the host, and the URL. */
import type { Connection } from '../../core/index.js'

/**
 * The local end of a connection. Part of every key, because two sites may differ in nothing but the address or port
 * that they are bound to, and the cache is asked before the request is routed.
 */
export const doorOf = ({ localPort, localAddress }: Connection): string => {
  if (localPort !== lastPort || localAddress !== lastAddress) {
    lastPort = localPort
    lastAddress = localAddress
    lastDoor = `${localPort} ${localAddress} `
  }
  return lastDoor
}

// Most requests come in where the one before did.
let lastPort = -1
let lastAddress = ''
let lastDoor = ''

/**
 * The host and URL of a request, within one door.
 *
 * @param host - lower case, without port; it can hold no slash, with which each URL begins: no two pairs collide.
 * @param url - path and query, as the application sees them.
 */
export const addressOf = (host: string, url: string): string => host + url
