/** The limits of one site as its connections meet them, with what they count. */
import type { ServerConfig, Site } from '../../../core/index.js'
import { clientLimitsOf, type ClientLimits } from './client-limits.js'
import { NO_LIMIT } from './no-limit.js'
import { Throttle, type ThrottleTick } from './throttle.js'

export class SiteLimits {
  readonly site: Site
  /** Connections whose last request was for this site. */
  connections = 0
  /** Null where the site has no limits for each client. */
  clients: ClientLimits | null = null
  private own: Throttle | null = null
  private readonly tick: ThrottleTick

  constructor(site: Site, tick: ThrottleTick) {
    this.site = site
    this.tick = tick
    this.configure()
  }

  get isFull(): boolean {
    return this.connections >= this.site.config.limits.maxConnections
  }

  /** Milliseconds of silence; 0 is no limit. */
  get timeout(): number {
    return this.site.config.limits.connectionTimeout
  }

  /** Its own bandwidth, or that which it shares with all sites that have none. */
  throttle(shared: Throttle | null): Throttle | null {
    return this.own ?? shared
  }

  /** The configuration of the site has changed, or may have. */
  configure(): void {
    const { maxBandwidth, dynamicIpSecurity } = this.site.config.limits
    this.own = throttleOf(this.own, maxBandwidth, this.tick)
    this.clients = clientLimitsOf(this.clients, dynamicIpSecurity)
  }
}

/** What was throttled goes on with the new rate; without a limit there is nothing. */
export const throttleOf = (
  before: Throttle | null,
  bytesPerSecond: ServerConfig['webLimits']['maxGlobalBandwidth'],
  tick: ThrottleTick,
): Throttle | null => {
  const rate = bytesPerSecond === NO_LIMIT ? Infinity : bytesPerSecond
  // Those who wait in it get all they want at once.
  if (before) before.rate = rate
  if (rate === Infinity) return null
  return before ?? new Throttle(rate, tick)
}
