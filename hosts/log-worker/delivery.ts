/**
 * Brings batches to the thread of a log module, in their order, each at least once: one is under way, the others wait in
 * bounded memory. A thread that crashes or stalls is replaced after a pause that grows.
 */
import type { Clock } from '../../core/index.js'
import type { Batch } from './batch.js'
import type { LogThread, StartLogThread } from './log-thread.js'
import type { FromLogWorker } from './messages.js'
import type { Troubles } from './troubles.js'

/** Milliseconds until the first new attempt, and at most. */
const FIRST_PAUSE = 250
const LONGEST_PAUSE = 30_000

/**
 * `starting`: the thread sets the module up. `idle`: it could take a batch. `writing`: it has one. `resting`: something went
 * wrong, and the next attempt comes in a while. `closing`: it has been told to end. `ended`: nothing is delivered any more.
 */
type State = 'starting' | 'idle' | 'writing' | 'resting' | 'closing' | 'ended'

interface Waiting {
  readonly number: number
  readonly batch: Batch
  again: boolean
}

export interface DeliveryOptions {
  readonly start: StartLogThread
  readonly clock: Clock
  readonly troubles: Troubles
  readonly limits: {
    /** Bytes of batches. */
    readonly maxWaiting: number
    /** Milliseconds, like the next. */
    readonly writeTimeLimit: number
    readonly shutdownTimeLimit: number
  }
}

export class Delivery {
  private readonly options: DeliveryOptions
  private readonly waiting: Waiting[] = []
  private bytes = 0
  private lastNumber = 0
  private state: State = 'resting'
  private thread: LogThread | null = null
  /** Attempts that have failed in a row. */
  private failures = 0
  private cancelTimer: () => void = () => undefined
  private onEnded: (() => void) | null = null

  constructor(options: DeliveryOptions) {
    this.options = options
    this.startThread()
  }

  /** Never waits, and never throws: what has no room is lost, and counted. */
  add(batch: Batch): void {
    if (this.state === 'ended' || this.bytes + batch.bytes > this.options.limits.maxWaiting) {
      this.options.troubles.lose(batch.count)
      return
    }
    this.waiting.push({ number: ++this.lastNumber, batch, again: false })
    this.bytes += batch.bytes
    this.writeNext()
  }

  /** Resolves when the module has taken what waits and has closed, or when the time for that is over. */
  close(): Promise<void> {
    const { clock, limits } = this.options
    return new Promise((resolve) => {
      const cancel = clock.after(limits.shutdownTimeLimit, () => {
        this.end()
      })
      this.onEnded = () => {
        cancel()
        resolve()
      }
      if (this.state === 'resting') this.rise()
      else this.writeNext()
    })
  }

  private startThread(): void {
    this.state = 'starting'
    const thread = this.options.start({
      heard: (message) => {
        if (this.thread === thread) this.heard(message)
      },
      ended: (why) => {
        if (this.thread === thread) this.threadEnded(why)
      },
    })
    this.thread = thread
    this.limit('it was not set up')
  }

  private writeNext(): void {
    if (this.state !== 'idle') return
    const next = this.waiting[0]
    if (next) {
      this.state = 'writing'
      this.thread?.post({ kind: 'write', number: next.number, again: next.again, batch: next.batch })
      next.again = true
      this.limit('it did not take a batch')
    } else if (this.onEnded) {
      this.state = 'closing'
      this.thread?.post({ kind: 'close' })
    }
  }

  private heard(message: FromLogWorker): void {
    const { troubles } = this.options
    switch (message.kind) {
      case 'ready':
        if (this.state !== 'starting') return
        this.cancelTimer()
        this.state = 'idle'
        this.writeNext()
        return
      case 'taken':
        if (this.state === 'writing' && this.waiting[0]?.number === message.number) this.taken()
        return
      case 'refused':
        if (this.state !== 'writing' || this.waiting[0]?.number !== message.number) return
        troubles.refused(message.why)
        this.rest()
        return
      case 'event':
        troubles.pass(message.event)
    }
  }

  private taken(): void {
    this.cancelTimer()
    this.bytes -= this.waiting.shift()?.batch.bytes ?? 0
    this.failures = 0
    this.state = 'idle'
    // Not at the first gap: a module that is merely slow would have two events for each of its batches.
    if (this.bytes * 2 <= this.options.limits.maxWaiting) this.options.troubles.over()
    this.writeNext()
  }

  private threadEnded(why: string | null): void {
    this.thread = null
    if (this.state === 'closing') {
      if (why !== null) this.options.troubles.crashed(why)
      this.end()
      return
    }
    this.options.troubles.crashed(why ?? 'it ended by itself')
    this.rest()
  }

  /** From now on the thread has so long for what it does. */
  private limit(what: string): void {
    const { clock, limits, troubles } = this.options
    this.cancelTimer()
    this.cancelTimer = clock.after(limits.writeTimeLimit, () => {
      troubles.stalled(`${what} within ${limits.writeTimeLimit / 1000} s`)
      this.thread?.destroy()
      this.thread = null
      this.rest()
    })
  }

  private rest(): void {
    this.state = 'resting'
    this.cancelTimer()
    // The server that stops has no time to lose.
    const pause = this.onEnded ? FIRST_PAUSE : Math.min(FIRST_PAUSE * 2 ** this.failures, LONGEST_PAUSE)
    this.failures++
    this.cancelTimer = this.options.clock.after(pause, () => {
      this.rise()
    })
  }

  private rise(): void {
    this.cancelTimer()
    if (!this.thread) {
      this.startThread()
      return
    }
    this.state = 'idle'
    this.writeNext()
  }

  private end(): void {
    this.cancelTimer()
    this.state = 'ended'
    this.thread?.destroy()
    this.thread = null
    this.options.troubles.end(this.waiting.reduce((sum, { batch }) => sum + batch.count, 0))
    this.waiting.length = 0
    this.onEnded?.()
  }
}
