/** What the limits know and keep of a client's connection. */
import type { Socket } from 'node:net'
import type { Connection, RequestContext } from '../../../core/index.js'
import type { SiteLimits } from './site-limits.js'
import type { Throttle } from './throttle.js'

export interface LimitedConnection extends Connection {
  readonly socket: Socket
  /** The request that is on its way. */
  readonly request: RequestContext | null
  /** An application has taken the connection over. */
  readonly tunnel: boolean
  /** Requests that node's parser has found on it. */
  readonly accepted: number
  /** The client was told to send the body that it had announced with `Expect: 100-continue`. */
  readonly continued: boolean
  /** Those of the site that its last request was for: the connection counts as one of that site. */
  siteLimits: SiteLimits | null
  /** What its responses have to share; null where nothing limits them. */
  throttle: Throttle | null
}
