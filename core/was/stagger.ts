/** Spreads recycles, so that the workers of a garden, or of many pools, do not all leave at once. */

/**
 * (IIS 6: PeriodicRestart in gardens.) The first limit, of time or of requests, of worker `slot` (1 to `workers`) of a garden; after it, and after a crash, the
 * whole `limit` applies. 0 is no limit.
 */
export const firstLimit = (limit: number, slot: number, workers: number): number =>
  Math.ceil((limit * Math.min(slot, workers)) / workers)

/** A time limit in milliseconds, put off by a random part of `jitter`; none (0) stays none. */
export const jittered = (limit: number, jitter: number, random: () => number): number =>
  limit === 0 ? 0 : limit + Math.floor(random() * jitter)
