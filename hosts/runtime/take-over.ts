/** Gives the client's connection to an application that can take it over (RFC 9110 section 7.8). */
import type { HostedApplication } from '../../core/contract/adapter.js'
import type { Exchange } from './exchange.js'

/** What came after the head waits in the socket. */
const NO_HEAD = Buffer.alloc(0)

/** Answers false where the application takes no connections over: it then gets the request as an ordinary one. */
export const takeOver = (application: HostedApplication, exchange: Exchange): boolean => {
  const { server } = application
  if (server && server.listenerCount('upgrade') > 0) {
    const socket = exchange.openTunnel()
    server.emit('upgrade', exchange.request, socket, NO_HEAD)
    return true
  }
  if (!application.upgrade) return false
  application.upgrade(exchange.request, exchange.openTunnel(), NO_HEAD)
  return true
}
