/** The bounds of the cache as a whole, from the server's configuration. */
import { freemem } from 'node:os'
import type { ServerConfig } from '../../core/index.js'

const MEGABYTE = 1_048_576
const MOST_AUTOMATIC = 512 * MEGABYTE

export interface CacheLimits {
  /** The cache is there at all. */
  readonly enabled: boolean
  readonly maxBytes: number
  /** What Cache-Status calls it; '' where it says nothing. */
  readonly name: string
  /** Milliseconds between the rounds of the scavenger. */
  readonly scavengerPeriod: number
}

export const limitsOf = ({ caching }: Pick<ServerConfig, 'caching'>): CacheLimits => ({
  enabled: caching.enabled,
  maxBytes: bytesFor(caching.maxCacheSize),
  name: caching.cacheStatus,
  scavengerPeriod: caching.scavengerPeriod,
})

/** Size of the cache for the configured `megabytes`; 0 is a quarter of the free memory, at most 512 MB. */
export const bytesFor = (megabytes: number): number =>
  megabytes > 0
    ? megabytes * MEGABYTE
    : Math.max(MEGABYTE, Math.min(MOST_AUTOMATIC, Math.floor(freemem() / 4)))
