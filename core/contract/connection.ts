/** One client connection, as stages and logs see it; the listener owns the socket behind it. */
import type { RequestQueue } from '../queue/request-queue.js'
import type { Receiver } from './receiver.js'
import type { TlsFacts } from './tls.js'

/** A client's connection, as stages know it. */
export interface Connection {
  /** Small integer, unique while the server runs. */
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly encrypted: boolean
  /** Of an encrypted one. */
  readonly tls?: TlsFacts | null
  /** The worker that took this connection's last request, and of which queue: a connection keeps its worker. */
  receiver: Receiver | null
  receiverQueue: RequestQueue | null
  /** Those of its last request. */
  headers: readonly string[]
  /** The list of headers that was sent last, and to whom: what is the same need not travel. */
  sentHeaders: readonly string[]
  sentTo: Receiver | null
  /** Workers that know this connection and must hear of its end. */
  readonly knownTo: Set<Receiver>
  /** True once the client has gone or the listener has cut it. */
  readonly closed: boolean
}
