/** Who has to do with an exchange: the runtime that holds it, and whoever watches its end. */
import type { IncomingMessage } from 'node:http'
import type { Outbox } from '../../core/handover/outbox.js'
import type { Exchange } from './exchange.js'
import type { MissedLength } from './node-internals.js'
import type { ResponseFault } from './response-head.js'
import type { TunnelSocket } from './tunnel-socket.js'

/** What an exchange needs of the runtime that holds it. */
export interface ExchangeOwner {
  readonly outbox: Outbox
  /** It has something to send at the end of this tick. */
  dirty(exchange: Exchange): void
  /** Its last byte has gone, or it was cut: the runtime forgets it. */
  closed(exchange: { readonly id: number }): void
  /** The application has taken the connection over: the tunnel stands in the place of its exchange. */
  opened?(tunnel: TunnelSocket): void
  /** Its response is complete, but not as long as it declared. */
  missed(exchange: Exchange, length: MissedLength): void
  /** The answer to a request is no valid response: it was made one, or is not sent. */
  faulty(request: IncomingMessage, fault: ResponseFault): void
}

/** Hears once of the end of a response: before its last bytes leave, or when they never will. */
export interface ExchangeWatcher<C> {
  ending(context: C): void
}
