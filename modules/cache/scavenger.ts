/** Looks after the store from time to time: what nobody can use any more, and too little memory for all of it. */
import { totalmem } from 'node:os'
import type { Clock } from '../../core/index.js'
import type { ResponseStore } from './response-store.js'

/** How often the machine's memory is looked at, in milliseconds. */
const LOOK = 10_000
/** Part of the memory that is to stay free; below it half of the cache goes. */
const LEAST_FREE = 0.05

export interface ScavengerOptions {
  readonly clock: Clock
  readonly store: () => ResponseStore
  /** Milliseconds between its rounds. */
  readonly period: number
  /** Part of the memory that is free; for tests. */
  readonly freeMemory?: () => number
}

/** Returns what ends it. */
export const startScavenger = (options: ScavengerOptions): (() => void) => {
  const { clock, store, period, freeMemory = freePart } = options
  let cancelRound: () => void
  let cancelLook: () => void
  const round = (): void => {
    scavenge(store(), clock.now() - period, clock.now())
    cancelRound = clock.after(period, round)
  }
  const look = (): void => {
    const kept = store()
    if (kept.bytes > 0 && freeMemory() < LEAST_FREE) kept.shrinkTo(Math.floor(kept.bytes / 2))
    cancelLook = clock.after(LOOK, look)
  }
  cancelRound = clock.after(period, round)
  cancelLook = clock.after(LOOK, look)
  return () => {
    cancelRound()
    cancelLook()
  }
}

/** Drops what is stale, could only be validated, and was not asked for since then. */
const scavenge = (store: ResponseStore, since: number, now: number): void => {
  store.drop((_key, { facts: { freshness }, usedAt, live }) => {
    const usable = Math.max(
      freshness.freshUntil,
      freshness.revalidateUntil,
      freshness.errorUntil,
      freshness.unreachableUntil,
    )
    return !live || (usable <= now && usedAt <= since)
  })
}

const freePart = (): number => {
  const constrained = process.constrainedMemory()
  const total = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  return process.availableMemory() / total
}
