/** What both kinds of FastCGI applications offer: connections, for one request each. */
import type { Connection } from './connection.js'
import type { Outcome } from './exchange.js'

export interface Lease {
  readonly connection: Connection
  /** Gives it back. Resolves, when the place is free again, with whether another attempt may do better. */
  release(outcome: Outcome): Promise<boolean>
}

export interface Servers {
  /**
   * @param mayReuse - whether a connection will do that has been used before
   * @throws GatewayError where there is none
   */
  lease(signal: AbortSignal, mayReuse: boolean): Promise<Lease>
  close(): Promise<void>
}
