/** The places of a web garden: who has which, and how the first recycles are spread over them. */
import type { PoolConfig } from '../contract/config.js'
import type { Allowance } from './ageing.js'
import { firstLimit, jittered } from './stagger.js'

export class Garden<Worker> {
  private readonly pool: () => PoolConfig
  private readonly random: () => number
  /** From 1. */
  private readonly places = new Map<Worker, number>()
  /** Those that somebody has had since the pool was started. */
  private readonly had = new Set<number>()

  constructor(pool: () => PoolConfig, random: () => number) {
    this.pool = pool
    this.random = random
  }

  /** The pool starts anew. */
  renew(): void {
    this.had.clear()
  }

  /** The first free place, or that of the one who is replaced. */
  placeFor(replaced: Worker | undefined): number {
    const known = replaced && this.places.get(replaced)
    if (known !== undefined) return known
    const taken = new Set(this.places.values())
    let place = 1
    while (taken.has(place)) place++
    return place
  }

  /** What whoever comes to this place may do: only the first one's share is a part of the whole. */
  allowance(place: number): Allowance {
    const { recycling, processModel } = this.pool()
    const { time, requests, jitter } = recycling.periodicRestart
    const size = this.had.has(place) ? place : processModel.maxProcesses
    this.had.add(place)
    return {
      time: jittered(firstLimit(time, place, size), jitter, this.random),
      requests: firstLimit(requests, place, size),
    }
  }

  seat(worker: Worker, place: number): void {
    this.places.set(worker, place)
  }

  leave(worker: Worker): void {
    this.places.delete(worker)
  }
}
