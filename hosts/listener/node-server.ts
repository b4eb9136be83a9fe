/** Node's own http server, set up so that it parses, and leaves all else to the listener. */
import { createServer, type Server } from 'node:http'
import type { ServerConfig } from '../../core/index.js'
import { leanMessages } from './lean-messages.js'
import { leanMessagesWork } from './lean-messages-trial.js'
import { mayUpgrade } from './upgrade-request.js'

/** http.sys's own time limit for the headers, in milliseconds, where `headerWaitTimeout` is 0. */
const HEADER_WAIT = 120_000
/** How often node looks for request heads that are late, in milliseconds; idle connections do not count. */
const CHECK_HEADS = 500

type WebLimits = ServerConfig['webLimits']

/** Whether this node takes our classes of messages. */
export const LEAN = leanMessagesWork()

export const createNodeServer = (webLimits: WebLimits): Server => {
  const server = createServer({
    ...(LEAN ? leanMessages : {}),
    connectionsCheckingInterval: CHECK_HEADS,
    // Silence is timed on the socket itself, once for each connection: see limits/.
    keepAliveTimeout: 0,
    // The entity body has a time limit of its own, that starts again with each packet.
    requestTimeout: 0,
    // The validate stage says what is wrong with the host, and logs it.
    requireHostHeader: false,
    noDelay: true,
    // From Node 24 on; before, what is no candidate is given back to the parser.
    ...{ shouldUpgradeCallback: mayUpgrade },
  })
  // Header lines are bounded in bytes by maxHeaderSize; a bound in number would drop some of them silently.
  server.maxHeadersCount = 0
  limitHeads(server, webLimits)
  return server
}

/** Limits of the heads that come on connections from now on. */
export const limitHeads = (server: Server, { maxRequestBytes, headerWaitTimeout }: WebLimits): void => {
  // Not in the types; node reads it for each new connection.
  ;(server as { maxHeaderSize?: number }).maxHeaderSize = maxRequestBytes
  server.headersTimeout = headerWaitTimeout || HEADER_WAIT
}
