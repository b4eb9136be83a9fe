/** How many requests each client address may have under way, and in an interval (IIS: dynamicIpSecurity). */
import type { ErrorCode, ServerConfig } from '../../../core/index.js'

export type DynamicIpSecurity = ServerConfig['webLimits']['dynamicIpSecurity']

/** Addresses that are counted in one interval at most; those beyond are not limited by rate. */
const MOST_ADDRESSES = 100_000

export class ClientLimits {
  private settings: DynamicIpSecurity
  private readonly underWay = new Map<string, number>()
  private rate: SlidingCounts

  constructor(settings: DynamicIpSecurity) {
    this.settings = settings
    this.rate = new SlidingCounts(settings.denyByRequestRate.requestIntervalInMilliseconds)
  }

  configure(settings: DynamicIpSecurity): void {
    const { requestIntervalInMilliseconds: interval } = settings.denyByRequestRate
    if (interval !== this.settings.denyByRequestRate.requestIntervalInMilliseconds)
      this.rate = new SlidingCounts(interval)
    this.settings = settings
  }

  /** Lets one more request of a client in, or says why not; if it is in, `leave` must follow. */
  enter(client: string, now: number): ErrorCode | null {
    const { denyAction, denyByRequestRate, denyByConcurrentRequests } = this.settings
    if (denyByRequestRate.enabled && this.rate.add(client, now) > denyByRequestRate.maxRequests)
      return denials[denyAction].rate
    const underWay = this.underWay.get(client) ?? 0
    if (denyByConcurrentRequests.enabled && underWay >= denyByConcurrentRequests.maxConcurrentRequests)
      return denials[denyAction].concurrent
    this.underWay.set(client, underWay + 1)
    return null
  }

  leave(client: string): void {
    const underWay = (this.underWay.get(client) ?? 1) - 1
    if (underWay > 0) this.underWay.set(client, underWay)
    else this.underWay.delete(client)
  }
}

const denials: Readonly<
  Record<DynamicIpSecurity['denyAction'], { readonly rate: ErrorCode; readonly concurrent: ErrorCode }>
> = {
  TooManyRequests: { rate: 'TOO_MANY_REQUESTS', concurrent: 'TOO_MANY_AT_ONCE' },
  Forbidden: { rate: 'RATE_FORBIDDEN', concurrent: 'CONCURRENCY_FORBIDDEN' },
  AbortRequest: { rate: 'CLIENT_DENIED', concurrent: 'CLIENT_DENIED' },
}

/** Null where nothing is limited; what was counted before counts on. */
export const clientLimitsOf = (
  before: ClientLimits | null,
  settings: DynamicIpSecurity,
): ClientLimits | null => {
  if (!settings.denyByRequestRate.enabled && !settings.denyByConcurrentRequests.enabled) return null
  if (!before) return new ClientLimits(settings)
  before.configure(settings)
  return before
}

/**
 * Counts within an interval that slides: those of this interval, and of the one before as much as it still overlaps. Old
 * addresses are forgotten with their interval, all at once, so that no timer is needed.
 */
export class SlidingCounts {
  private readonly interval: number
  private began = 0
  private current = new Map<string, number>()
  private previous = new Map<string, number>()

  constructor(interval: number) {
    this.interval = interval
  }

  /** One more; answers how many it are with it. Those that are refused count too: who goes on stays refused. */
  add(client: string, now: number): number {
    const since = now - this.began
    if (since >= this.interval || since < 0) {
      this.previous = since >= 0 && since < 2 * this.interval ? this.current : new Map<string, number>()
      this.current = new Map()
      this.began = since >= 0 && since < 2 * this.interval ? this.began + this.interval : now
    }
    const count = (this.current.get(client) ?? 0) + 1
    if (count === 1 && this.current.size >= MOST_ADDRESSES) return 1
    this.current.set(client, count)
    const overlap = 1 - (now - this.began) / this.interval
    return Math.floor((this.previous.get(client) ?? 0) * overlap) + count
  }
}
