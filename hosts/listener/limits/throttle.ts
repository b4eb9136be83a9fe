/**
 * Shares a number of bytes a second fairly among the responses that have something to send. One tick serves all throttles;
 * it stops when nobody waits.
 */
import type { Clock } from '../../../core/index.js'

/** Milliseconds between two turns. */
const TICK = 50
/** The least that is handed out at a time: less would be more frame than content. */
const QUANTUM = 512
/** Time that a late turn makes up for, in milliseconds. */
const CATCH_UP = 250

/** One response that is sent no faster than its throttle allows. */
export interface Throttled {
  /** Bytes that it has to send. */
  readonly pending: number
  /** Bytes of them that its client would take now. */
  readonly ready: number
  /** Sends up to that many of the bytes that are ready; answers how many it were. */
  release(bytes: number): number
}

export class Throttle {
  /** Bytes a second; Infinity is no limit. */
  rate: number
  private readonly tick: ThrottleTick
  /** In the order of their turns. */
  private readonly waiting = new Set<Throttled>()
  /** Bytes that may be sent now; below 0, bytes that were sent too soon. */
  private tokens = 0
  private at: number
  private sharing = false

  constructor(rate: number, tick: ThrottleTick) {
    this.rate = rate
    this.tick = tick
    this.at = tick.now()
  }

  /** Something has come to be sent; it leaves by itself once nothing is pending. */
  enter(one: Throttled): void {
    if (this.waiting.has(one)) return
    // Who has had nothing to do is not paid for it.
    if (this.waiting.size === 0) this.earn(TICK)
    this.waiting.add(one)
    if (this.tokens > 0) this.share()
    if (this.waiting.size > 0) this.tick.wake(this)
  }

  /** Nobody waits for its bytes any more. */
  leave(one: Throttled): void {
    this.waiting.delete(one)
  }

  /** Hands out what has been earned since; answers whether anybody still waits. */
  turn(): boolean {
    this.earn(CATCH_UP)
    this.share()
    return this.waiting.size > 0
  }

  private earn(most: number): void {
    const now = this.tick.now()
    if (this.rate === Infinity) this.tokens = Infinity
    else {
      const earned = (this.rate * Math.max(0, now - this.at)) / 1000
      const before = Number.isFinite(this.tokens) ? this.tokens : 0
      this.tokens = Math.min(before + earned, (this.rate * most) / 1000)
    }
    this.at = now
  }

  /** In rounds of equal parts: who wants less leaves the rest to the others, and who was served goes behind those who were not. */
  private share(): void {
    if (this.sharing) return
    this.sharing = true
    let round = [...this.waiting].filter(({ ready }) => ready > 0)
    while (round.length > 0 && this.tokens > 0) {
      const part = Math.max(QUANTUM, Math.floor(this.tokens / round.length))
      const next: Throttled[] = []
      for (const one of round) {
        if (this.tokens <= 0) break
        this.tokens -= one.release(part)
        if (!this.waiting.delete(one) || one.pending === 0) continue
        this.waiting.add(one)
        if (one.ready > 0) next.push(one)
      }
      round = next
    }
    this.sharing = false
  }
}

/** Wakes all throttles that somebody waits in, at once. */
export class ThrottleTick {
  private readonly clock: Clock
  private readonly awake = new Set<Throttle>()
  private cancel: (() => void) | null = null

  constructor(clock: Clock) {
    this.clock = clock
  }

  now(): number {
    return this.clock.now()
  }

  wake(throttle: Throttle): void {
    this.awake.add(throttle)
    this.cancel ??= this.clock.after(TICK, this.turn)
  }

  private readonly turn = (): void => {
    this.cancel = null
    for (const throttle of this.awake) if (!throttle.turn()) this.awake.delete(throttle)
    if (this.awake.size > 0) this.cancel ??= this.clock.after(TICK, this.turn)
  }
}
