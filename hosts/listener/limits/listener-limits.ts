/** All limits of the listener together: what it asks when a connection comes, a request has its site, a client is silent. */
import { membership } from '../../../core/config/network.js'
import type { Clock, ErrorCode, RequestContext, ServerConfig, Site } from '../../../core/index.js'
import { clientOf, type Trusts } from './client-address.js'
import { clientLimitsOf, type ClientLimits } from './client-limits.js'
import type { Http1Connection, LimitedConnection, OnConnection } from './limited-connection.js'
import { faultOf } from './silence.js'
import { SiteLimits, throttleOf } from './site-limits.js'
import { SlowReaders, type SlowRequest } from './slow-readers.js'
import { ThrottleTick, type Throttle } from './throttle.js'

/** Ends a connection for a reason of the error table; `request` is what it was for, where that is known. */
export type Cut = (connection: Http1Connection, code: ErrorCode, request?: SlowRequest) => void

/** Under which a request keeps whom it was counted for. */
const COUNTED = Symbol('counted')

interface Counted {
  readonly client: string
  readonly by: readonly ClientLimits[]
}

export class ListenerLimits {
  private readonly clock: Clock
  private readonly cut: Cut
  private readonly sites = new Map<Site, SiteLimits>()
  private readonly tick: ThrottleTick
  private readonly slowReaders: SlowReaders
  private webLimits: ServerConfig['webLimits']
  private shared: Throttle | null = null
  private clients: ClientLimits | null = null
  private trusts: Trusts = null
  /** Some request has been counted for its client, so that each that ends may have to be. */
  private counts = false

  constructor({ webLimits }: ServerConfig, clock: Clock, cut: Cut) {
    this.clock = clock
    this.cut = cut
    this.webLimits = webLimits
    this.tick = new ThrottleTick(clock)
    this.slowReaders = new SlowReaders(clock, webLimits.minBytesPerSecond, (connection, request) => {
      cut(connection, 'READER_TOO_SLOW', request)
    })
    this.adopt(webLimits)
  }

  /** Another configuration is in force, for these connections too. */
  configure({ webLimits }: ServerConfig, connections: Iterable<LimitedConnection>): void {
    this.adopt(webLimits)
    for (const [site, limits] of this.sites) {
      if (limits.connections === 0) this.sites.delete(site)
      else limits.configure()
    }
    for (const connection of connections) {
      const { siteLimits, tunnel } = connection
      connection.throttle = siteLimits ? siteLimits.throttle(this.shared) : null
      if (!tunnel) connection.maySilent(siteLimits ? siteLimits.timeout : webLimits.connectionTimeout)
    }
  }

  /** A connection has been made: until it has reached a site, the server's own time limit counts. */
  connected(connection: LimitedConnection): void {
    connection.maySilent(this.webLimits.connectionTimeout)
  }

  /** A connection has ended. */
  left(connection: LimitedConnection): void {
    if (connection.siteLimits) connection.siteLimits.connections--
    connection.siteLimits = null
  }

  /** A request has its site: answers why it may not pass. */
  readonly admit = (ctx: RequestContext): ErrorCode | null => {
    const { site } = ctx
    if (site === null) return null
    const connection = (ctx.connection as unknown as OnConnection).limited
    let limits = connection.siteLimits
    if (limits?.site !== site) {
      limits = this.limitsOf(site)
      if (limits.isFull) return 'TOO_MANY_CONNECTIONS'
      this.join(connection, limits)
    }
    if (limits.clients === null && this.clients === null) return null
    return this.admitClient(ctx, limits.clients)
  }

  /** A request is over. */
  done(ctx: RequestContext): void {
    if (!this.counts) return
    const counted = ctx.items.get(COUNTED) as Counted | undefined
    if (!counted) return
    for (const limits of counted.by) limits.leave(counted.client)
    ctx.items.delete(COUNTED)
  }

  /** Nothing has happened on a connection for its time. */
  silent(connection: Http1Connection): void {
    const fault = faultOf(connection)
    if (fault) this.cut(connection, fault)
    else if (!connection.tunnel) {
      // Its time begins anew: whose turn it is may change without anything to be seen on the socket.
      connection.maySilent(connection.siteLimits?.timeout ?? this.webLimits.connectionTimeout)
    }
  }

  /** A write has filled the socket of a connection. */
  full(connection: Http1Connection, ctx: RequestContext): void {
    this.slowReaders.full(connection, ctx)
  }

  private adopt(webLimits: ServerConfig['webLimits']): void {
    this.webLimits = webLimits
    this.shared = throttleOf(this.shared, webLimits.maxGlobalBandwidth, this.tick)
    this.clients = clientLimitsOf(this.clients, webLimits.dynamicIpSecurity)
    this.trusts = membership(webLimits.trustedProxies)
    this.slowReaders.configure(webLimits.minBytesPerSecond)
  }

  private limitsOf(site: Site): SiteLimits {
    let limits = this.sites.get(site)
    if (!limits) this.sites.set(site, (limits = new SiteLimits(site, this.tick)))
    return limits
  }

  private join(connection: LimitedConnection, limits: SiteLimits): void {
    if (connection.siteLimits) connection.siteLimits.connections--
    connection.siteLimits = limits
    limits.connections++
    connection.throttle = limits.throttle(this.shared)
    connection.maySilent(limits.timeout)
  }

  private admitClient(ctx: RequestContext, ofSite: ClientLimits | null): ErrorCode | null {
    const client = clientOf(ctx, this.trusts)
    const by: ClientLimits[] = []
    for (const limits of [this.clients, ofSite]) {
      const error = limits?.enter(client, this.clock.now())
      if (error) {
        for (const entered of by) entered.leave(client)
        return error
      }
      if (limits) by.push(limits)
    }
    this.counts = true
    ctx.items.set(COUNTED, { client, by } satisfies Counted)
    return null
  }
}
