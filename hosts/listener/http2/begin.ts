/** A socket whose client speaks HTTP/2 becomes one of the connections of its port. */
import type { Socket } from 'node:net'
import type { Clock, ErrorCode, ServerConfig } from '../../../core/index.js'
import type { Pipeline } from '../../../core/pipeline/pipeline.js'
import { arrivalOf, plainAddress } from '../arrival.js'
import { peerOf } from '../limits/gate.js'
import type { ListenerLimits } from '../limits/listener-limits.js'
import type { Ends } from '../door.js'
import type { ListenedConnection } from '../listening-socket.js'
import { Http2Connection } from './http2-connection.js'
import { beginSession } from './session.js'

export interface Http2Arrival {
  readonly socket: Socket
  /** The address of what has none in the network. */
  readonly named: string | null
  readonly connections: Set<ListenedConnection>
  readonly pipeline: Pipeline
  readonly clock: Clock
  readonly limits: ListenerLimits
  readonly webLimits: ServerConfig['webLimits']
  nextId(): number
  refuse(ends: Ends, code: ErrorCode): void
  closed(): void
}

export const beginHttp2 = (arrival: Http2Arrival): void => {
  const { socket, named, connections, pipeline, clock, limits, webLimits, nextId, refuse } = arrival
  const peer = peerOf(socket)
  const place = {
    remoteAddress: peer.address,
    remotePort: peer.port,
    localAddress: named ?? plainAddress(socket.localAddress),
    localPort: named === null ? (socket.localPort ?? 0) : 0,
    tls: arrivalOf(socket)?.tls ?? null,
  }
  socket.on('error', () => {
    socket.destroy()
  })
  const connection = new Http2Connection({
    session: beginSession(socket, webLimits),
    socket,
    place,
    pipeline,
    clock,
    nextId,
    closed: () => {
      connections.delete(connection)
      limits.left(connection)
      arrival.closed()
    },
    failed: () => {
      refuse(place, 'PROTOCOL_BROKEN')
    },
  })
  limits.connected(connection)
  connections.add(connection)
}
