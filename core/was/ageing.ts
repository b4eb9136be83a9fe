/** Watches one worker grow old: by time, by the requests it has taken, by the memory it uses. */
import type { Clock } from '../clock.js'
import type { WorkerReceiver } from '../handover/worker-receiver.js'
import { afterLong, memoryReason, type Limits, type RecycleReason } from './recycling.js'

/** What a worker may do before it is replaced: milliseconds and requests, 0 is no limit. */
export interface Allowance {
  readonly time: number
  readonly requests: number
}

export interface AgeingOptions {
  readonly clock: Clock
  /** The worker's lanes; each has its share of the requests. */
  readonly receivers: readonly WorkerReceiver[]
  readonly limits: Limits & Allowance
  readonly onOld: (reason: RecycleReason) => void
}

/** A worker that is too large and could not be replaced is looked at again after so many milliseconds. */
const HEED_AGAIN = 300_000

export class Ageing {
  private readonly options: AgeingOptions
  private cancel: () => void = () => undefined
  private heedMemoryFrom = 0
  private stopped = false

  constructor(options: AgeingOptions) {
    this.options = options
  }

  /** So much more it may do from now on. */
  allow({ time, requests }: Allowance): void {
    this.cancel()
    const { clock, receivers } = this.options
    const old = (reason: RecycleReason) => () => {
      if (!this.stopped) this.options.onOld(reason)
    }
    if (time > 0) this.cancel = afterLong(clock, time, old('Time'))
    if (requests === 0) return
    const share = Math.ceil(requests / receivers.length)
    for (const receiver of receivers) {
      receiver.takenLimit = receiver.taken + share
      receiver.onTakenLimit = old('Requests')
    }
  }

  /** It could not be replaced: it may do as much again before that is tried again. */
  stay(): void {
    this.allow(this.options.limits)
    this.heedMemoryFrom = this.options.clock.now() + HEED_AGAIN
  }

  /** It uses so many bytes. */
  heedMemory(bytes: number): void {
    if (this.stopped || this.options.clock.now() < this.heedMemoryFrom) return
    const reason = memoryReason(bytes, this.options.limits)
    if (reason) this.options.onOld(reason)
  }

  /** Nothing makes it old any more. */
  stop(): void {
    this.stopped = true
    this.cancel()
  }
}
