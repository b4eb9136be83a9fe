/** What the limits know and keep of a client's connection. */
import type { Socket } from 'node:net'
import type { RequestContext } from '../../../core/index.js'
import type { SiteLimits } from './site-limits.js'
import type { Throttle } from './throttle.js'

/** One connection of a client, whatever it speaks. */
export interface LimitedConnection {
  /** An application has taken the connection over. */
  readonly tunnel: boolean
  /** Those of the site that its last request was for: the connection counts as one of that site. */
  siteLimits: SiteLimits | null
  /** What its responses have to share; null where nothing limits them. */
  throttle: Throttle | null
  /** From now on it may be silent for so many milliseconds; 0 is for ever. */
  maySilent(milliseconds: number): void
}

/** What stages know as a connection: one of HTTP/1, or one stream's place on one of HTTP/2. */
export interface OnConnection {
  readonly limited: LimitedConnection
}

/** One of HTTP/1: who is to blame for its silence can be told from the socket. */
export interface Http1Connection extends LimitedConnection {
  readonly socket: Socket
  /** The request that is on its way. */
  readonly request: RequestContext | null
  /** Requests that node's parser has found on it. */
  readonly accepted: number
  /** The client was told to send the body that it had announced with `Expect: 100-continue`. */
  readonly continued: boolean
}
