/** Makes the door of a port that speaks TLS or HTTP/2, and says where each connection that passes it goes. */
import type { Server } from 'node:http'
import type { Clock, ErrorCode, ServerConfig } from '../../core/index.js'
import type { Pipeline } from '../../core/pipeline/pipeline.js'
import { Door, type Ends } from './door.js'
import { beginHttp2 } from './http2/begin.js'
import type { ListenerLimits } from './limits/listener-limits.js'
import type { ListenedConnection } from './listening-socket.js'
import type { IdentityTable } from './tls/identity-table.js'
import { refuseUnsecured } from './tls/refuse-unsecured.js'

/** How long a TLS handshake may take, in milliseconds, where `headerWaitTimeout` is not shorter. */
const HANDSHAKE = 30_000

export interface DoorPlan {
  /** Reads HTTP/1. */
  readonly http: Server
  readonly table: IdentityTable | null
  readonly pipeline: Pipeline
  readonly clock: Clock
  readonly limits: ListenerLimits
  /** Those that are in force. */
  webLimits(): ServerConfig['webLimits']
  nextId(): number
  /** The connections of the port, and the address of a port that has none in the network. */
  port(): { readonly connections: Set<ListenedConnection>; readonly named: string | null }
  /** A connection has ended. */
  closed(): void
}

export const openDoor = (plan: DoorPlan): Door => {
  const { http, table, pipeline, clock, limits, webLimits, nextId, closed } = plan
  const refuse = (ends: Ends, code: ErrorCode): void => {
    refuseUnsecured(pipeline, clock, nextId(), ends, code)
  }
  return new Door({
    table,
    handshakeTimeout: () => Math.min(webLimits().headerWaitTimeout || HANDSHAKE, HANDSHAKE),
    http1: (socket) => {
      http.emit('connection', socket)
    },
    http2: (socket) => {
      beginHttp2({
        socket,
        ...plan.port(),
        pipeline,
        clock,
        limits,
        webLimits: webLimits(),
        nextId,
        refuse,
        closed,
      })
    },
    failed: refuse,
  })
}
