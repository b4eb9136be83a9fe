/** Which URLs are asked for often enough to be kept (IIS: frequentHitThreshold within frequentHitTimePeriod). */
import { LRUCache } from 'lru-cache'

/** URLs that are counted at a time; the least recently asked for are forgotten. */
const COUNTED = 100_000

interface Count {
  since: number
  hits: number
}

export class Admission {
  private readonly counts = new LRUCache<string, Count>({ max: COUNTED })

  /**
   * Counts requests for a response that is not kept, and answers whether it is to be now.
   *
   * @param period - milliseconds
   */
  admits(key: string, requests: number, threshold: number, period: number, now: number): boolean {
    if (threshold <= 1) return true
    const count = this.counts.get(key)
    if (count === undefined || now - count.since >= period) {
      if (requests >= threshold) return true
      this.counts.set(key, { since: now, hits: requests })
      return false
    }
    count.hits += requests
    if (count.hits < threshold) return false
    this.counts.delete(key)
    return true
  }
}
