/** Keeps the stored responses of all sites, in no more than so many bytes: the least recently used URL goes first. */
import { LRUCache } from 'lru-cache'
import type { Entry } from './entry.js'
import { matchesVariant, valuesOf, type FieldSource } from './vary.js'

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
  /** Whether `find` has found any variant of the URL, if not the one that was asked for. */
  found = false

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

  /**
   * The newest response that answers such a request, fresh or not.
   *
   * @param key - door and address, see `cache-key.ts`
   */
  find(key: string, request: FieldSource): Entry | null {
    const variants = this.variants.get(key)
    this.found = variants !== undefined
    if (variants === undefined) return null
    for (const entry of variants) {
      if (entry.live && matchesVariant(entry.facts.variant, request)) return entry
    }
    return null
  }

  /**
   * What tells requests for one URL apart, as far as is known of what it answers; null where nothing is kept of it.
   */
  variantKey(key: string, request: FieldSource): string | null {
    const newest = this.variants.peek(key)?.[0]
    if (newest === undefined) return null
    return valuesOf(newest.facts.variant.names, request).join('\n')
  }

  /**
   * Keeps `entry` in place of those that would have answered the same request. It is not kept if its URL was
   * invalidated after the request had come: it may show what was before. Answers whether it is kept.
   */
  put(door: string, address: string, request: FieldSource, requestedAt: number, entry: Entry): boolean {
    const siteId = entry.facts.application.site.id
    if (requestedAt <= this.clearedAt) return false
    if ((this.invalidated.get(invalidationKey(siteId, address)) ?? -1) >= requestedAt) return false
    this.rememberDoor(siteId, door)
    const key = door + address
    const before = this.variants.peek(key) ?? []
    const others = before.filter((other) => other.live && !matchesVariant(other.facts.variant, request))
    const kept = this.fitting(key, [entry, ...others])
    retire([entry, ...before].filter((one) => !kept.includes(one)))
    if (kept.length === 0) this.variants.delete(key)
    else this.variants.set(key, kept)
    return kept.includes(entry)
  }

  /** Forgets this one; its URL's other variants stay. */
  remove(key: string, entry: Entry): void {
    const before = this.variants.peek(key)
    if (before === undefined) return
    const others = before.filter((other) => other !== entry)
    entry.retire()
    if (others.length === 0) this.variants.delete(key)
    else this.variants.set(key, others)
  }

  /**
   * Forgets what fits, and does not keep what was asked for before now.
   *
   * @returns how many responses
   */
  forget(fits: (key: string, entry: Entry) => boolean, now: number): number {
    this.clearedAt = now
    return this.drop(fits)
  }

  /** Forgets what fits; what is under way may be kept. */
  drop(fits: (key: string, entry: Entry) => boolean): number {
    let count = 0
    for (const [key, variants] of [...this.variants.entries()]) {
      const others = variants.filter((entry) => !fits(key, entry))
      if (others.length === variants.length) continue
      count += variants.length - others.length
      for (const entry of variants) if (!others.includes(entry)) entry.retire()
      if (others.length === 0) this.variants.delete(key)
      else this.variants.set(key, others)
    }
    return count
  }

  /** Lets those go that have not been asked for the longest time, until no more bytes are occupied than these. */
  shrinkTo(bytes: number): void {
    while (this.variants.calculatedSize > bytes && this.variants.size > 0) this.variants.pop()
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
  for (const entry of variants) entry.retire()
}
