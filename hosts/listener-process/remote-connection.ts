/** A client's connection that a listener process holds, as the stages and the limits in the server see it. */
import type { RequestContext } from '../../core/index.js'
import { PlainConnection } from '../../core/pipeline/plain-connection.js'
import type { LimitedConnection, OnConnection } from '../listener/limits/limited-connection.js'
import type { SiteLimits } from '../listener/limits/site-limits.js'
import type { Throttle } from '../listener/limits/throttle.js'
import type { ServedConnection } from '../listener/listening-socket.js'

export class RemoteConnection
  extends PlainConnection
  implements ServedConnection, LimitedConnection, OnConnection
{
  /** The process has the socket, and sees to the rest. */
  readonly tunnel = false
  siteLimits: SiteLimits | null = null
  throttle: Throttle | null = null
  /** The exchange of its last request. */
  exchange = 0
  /** Told the name of the site that it counts for from now on. */
  onSite: ((site: string, exchange: number) => void) | null = null

  get limited(): this {
    return this
  }

  /** The limits have found the site of its request: its time limits are kept where its socket is. */
  maySilent(_milliseconds: number): void {
    if (this.siteLimits) this.onSite?.(this.siteLimits.site.name, this.exchange)
  }

  /** The log has run: the process knows by itself that its connection may go on. */
  done(_ctx: RequestContext): void {
    return
  }

  /** The process ends it by itself. */
  endSoon(): void {
    return
  }

  override gone(): void {
    if (this.siteLimits) this.siteLimits.connections--
    this.siteLimits = null
    super.gone()
  }
}
