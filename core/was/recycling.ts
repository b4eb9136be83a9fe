/** When one worker is old: after so long, so many requests, or with so much memory. */
import type { Clock } from '../clock.js'
import type { PoolConfig } from '../contract/config.js'

/** Why workers that work are replaced; the words of `logEventOnRecycle`. */
export type RecycleReason = PoolConfig['recycling']['logEventOnRecycle'][number]

export interface Limits {
  /** Milliseconds; 0 is no limit. */
  readonly time: number
  /** Kilobytes; 0 is no limit. */
  readonly memory: number
  readonly privateMemory: number
}

/** Which limit of memory `bytes` has reached. */
export const memoryReason = (bytes: number, { memory, privateMemory }: Limits): RecycleReason | undefined => {
  if (privateMemory > 0 && bytes >= privateMemory * 1024) return 'PrivateMemory'
  if (memory > 0 && bytes >= memory * 1024) return 'Memory'
  return undefined
}

/** Calls back once after a time that may be longer than the clock's timers. Returns its canceller. */
export const afterLong = (clock: Clock, milliseconds: number, callback: () => void): (() => void) => {
  const due = clock.now() + milliseconds
  let cancel: () => void = () => undefined
  const wait = (): void => {
    const left = due - clock.now()
    if (left <= 0) callback()
    else cancel = clock.after(Math.min(left, LONGEST), wait)
  }
  cancel = clock.after(Math.min(milliseconds, LONGEST), wait)
  return () => {
    cancel()
  }
}

const LONGEST = 24 * 3_600_000
