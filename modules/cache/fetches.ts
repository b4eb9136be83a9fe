/**
 * What is being fetched now, so that requests for the same response wait for one of them; and for which URLs that is of
 * no use, since what came could not be kept.
 */
import { LRUCache } from 'lru-cache'
import type { RequestContext } from '../../core/index.js'
import type { Fetch } from './fetch.js'

/** Milliseconds for which requests do not wait for each other, after it was in vain. */
const NOT_AGAIN = 60_000
const REMEMBERED = 10_000

const NOBODY: readonly RequestContext[] = []

export class Fetches {
  private readonly open = new Map<string, Fetch>()
  /** Until when nobody waits. */
  private readonly vain = new LRUCache<string, number>({ max: REMEMBERED })

  /** The one under way; null where there is none. */
  find(key: string): Fetch | null {
    return this.open.get(key) ?? null
  }

  isVain(key: string, now: number): boolean {
    if (this.vain.size === 0) return false
    const until = this.vain.get(key)
    return until !== undefined && until > now
  }

  /** Others can wait for it from now on. */
  add(fetch: Fetch): void {
    this.open.set(fetch.key, fetch)
  }

  /**
   * It is over for those who wait; answers with them.
   *
   * @param vain - waiting was of no use
   */
  settle(fetch: Fetch, vain: boolean, now: number): readonly RequestContext[] {
    fetch.settled = true
    fetch.cancelLimit?.()
    fetch.cancelLimit = null
    if (this.open.get(fetch.key) === fetch) this.open.delete(fetch.key)
    if (!vain && this.vain.size > 0) this.vain.delete(fetch.key)
    if (fetch.waiting === null) return NOBODY
    const waiters = [...fetch.waiting]
    fetch.waiting = null
    if (vain && waiters.length > 0) this.vain.set(fetch.key, now + NOT_AGAIN)
    for (const waiter of waiters) {
      waiter.follower = null
      if (waiter.queue !== null) waiter.queue.outside--
    }
    return waiters
  }

  /** Those who wait go on by themselves; the fetch goes on too, and nobody else waits for it. */
  release(fetch: Fetch, now: number): readonly RequestContext[] {
    const waiters = this.settle(fetch, true, now)
    fetch.settled = false
    return waiters
  }

  all(): Fetch[] {
    return [...this.open.values()]
  }
}
