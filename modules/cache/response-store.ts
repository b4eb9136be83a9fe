/** Keeps the stored responses of all sites, in no more than so many bytes: the least recently used URL goes first. */
import { LRUCache } from 'lru-cache'
import type { Entry } from './entry.js'
import { matchesVariant, type FieldSource } from './vary.js'

/** More than any honest Vary needs; a field that is different in each request would otherwise fill the cache. */
const MOST_VARIANTS = 32
/** URLs whose invalidation is remembered, for the responses that were under way then. */
const REMEMBERED = 1000

/** Variants of one URL, the newest first. */
type Variants = readonly Entry[]

export class ResponseStore {
  private readonly maxBytes: number
  private readonly variants: LRUCache<string, Variants>
  /** Door-less addresses of each site, and when they were invalidated. */
  private readonly invalidated = new LRUCache<string, number>({ max: REMEMBERED })
  /** Through which doors each site has been reached. */
  private readonly doors = new Map<number, Set<string>>()
  private clearedAt = -1

  /** @param maxBytes - at least 1. */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
    this.variants = new LRUCache<string, Variants>({
      maxSize: maxBytes,
      sizeCalculation: (variants, key) => key.length + bytesOf(variants),
      dispose: (variants, _key, reason) => {
        if (reason !== 'set') retire(variants)
      },
    })
  }

  /** Bytes that are occupied. */
  get bytes(): number {
    return this.variants.calculatedSize
  }

  /** The newest response that answers such a request, fresh or not. */
  find(door: string, address: string, request: FieldSource): Entry | null {
    const variants = this.variants.get(door + address)
    if (variants === undefined) return null
    for (const entry of variants) {
      if (matchesVariant(entry.facts.variant, request)) return entry
    }
    return null
  }

  /**
   * Keeps `entry` in place of those that would have answered the same request. It is not kept if its URL was
   * invalidated after the request had come: it may show what was before.
   */
  put(door: string, address: string, request: FieldSource, requestedAt: number, entry: Entry): void {
    const siteId = entry.facts.application.site.id
    if (requestedAt <= this.clearedAt) return
    if ((this.invalidated.get(invalidationKey(siteId, address)) ?? -1) >= requestedAt) return
    this.rememberDoor(siteId, door)
    const key = door + address
    const before = this.variants.peek(key) ?? []
    const others = before.filter((other) => !matchesVariant(other.facts.variant, request))
    const kept = this.fitting(key, [entry, ...others])
    retire([entry, ...before].filter((one) => !kept.includes(one)))
    if (kept.length === 0) this.variants.delete(key)
    else this.variants.set(key, kept)
  }

  /** Forgets all responses of this address, through whichever door of its site they came (RFC 9111 section 4.4). */
  invalidate(siteId: number, address: string, now: number): void {
    this.invalidated.set(invalidationKey(siteId, address), now)
    for (const door of this.doors.get(siteId) ?? []) this.variants.delete(door + address)
  }

  /** Forgets everything; answers to requests that had come by `now` (milliseconds since the epoch) are not kept either. */
  clear(now: number): void {
    this.clearedAt = now
    this.variants.clear()
    this.doors.clear()
  }

  private rememberDoor(siteId: number, door: string): void {
    const known = this.doors.get(siteId)
    if (known) known.add(door)
    else this.doors.set(siteId, new Set([door]))
  }

  /** The newest of them, as many as may be kept of one URL. */
  private fitting(key: string, variants: readonly Entry[]): readonly Entry[] {
    const newest = variants.slice(0, MOST_VARIANTS)
    while (newest.length > 0 && key.length + bytesOf(newest) > this.maxBytes) newest.pop()
    return newest
  }
}

/** An id holds no space: no two pairs collide. */
const invalidationKey = (siteId: number, address: string): string => `${siteId} ${address}`

const bytesOf = (variants: Variants): number => variants.reduce((sum, { size }) => sum + size, 0)

const retire = (variants: Variants): void => {
  for (const entry of variants) entry.live = false
}
