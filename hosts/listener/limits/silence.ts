/** What it means that nothing has happened on a connection for its connectionTimeout: whose turn it was. */
import type { ErrorCode } from '../../../core/index.js'
import type { Http1Connection } from './limited-connection.js'

/** Why the connection is to be cut; null where its client is not to blame. */
export const faultOf = (connection: Http1Connection): ErrorCode | null => {
  const { request, socket, tunnel, accepted } = connection
  if (tunnel) return null
  if (!request) {
    // A client that does not read is held to minBytesPerSecond, and to this where there is none: nothing has moved.
    if (accepted === 0 && socket.bytesRead > 0) return 'HEADERS_TOO_SLOW'
    return 'CONNECTION_IDLE'
  }
  const { incoming, expectsContinue } = request
  if (!incoming || incoming.complete) return null
  // It waits for us: to be told to go on, or until the application has read what it has sent.
  if (expectsContinue && !connection.continued) return null
  return incoming.readableFlowing === true && !socket.isPaused() ? 'BODY_TOO_SLOW' : null
}
