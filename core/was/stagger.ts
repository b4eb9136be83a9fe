/** Spreads the recycles of a web garden, so that its workers do not all leave at once (IIS 6: PeriodicRestart in gardens). */

/**
 * The first limit, of time or of requests, of worker `slot` (1 to `workers`) of a garden; after it, and after a crash, the
 * whole `limit` applies. 0 is no limit.
 */
export const firstLimit = (limit: number, slot: number, workers: number): number =>
  Math.ceil((limit * Math.min(slot, workers)) / workers)
