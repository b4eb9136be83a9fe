/** The worker as its applications see it: tells them of the end that comes, hears that they are not well. */
import { LONGEST_TIMER } from '../../core/clock.js'
import {
  HOSTED_WORKER,
  type DrainNotice,
  type HostedWorker,
  type WorkerListener,
  type WorkerOccasion,
} from '../../core/contract/hosted-worker.js'
import type { ServerEvent } from '../../core/contract/events.js'

/** Characters of a reason that are kept. */
const LONGEST_REASON = 500

export interface HostedWorkerOptions {
  readonly id: number
  readonly pool: string
  /** Whether WAS pings: a report without pings leads to nothing. */
  readonly pinged: boolean
  readonly tell: (event: ServerEvent) => void
}

export class RuntimeWorker implements HostedWorker {
  readonly isHosted = true
  readonly id: number
  readonly pool: string
  private readonly options: HostedWorkerOptions
  private readonly controller = new AbortController()
  private readonly listeners = { drain: new Set<WorkerListener>(), close: new Set<WorkerListener>() }
  private readonly happened = new Map<WorkerOccasion, DrainNotice>()
  /** What listeners have returned and has not settled. */
  private readonly unsettled = new Set<Promise<void>>()
  private unhealthy: string | null = null

  constructor(options: HostedWorkerOptions) {
    this.options = options
    this.id = options.id
    this.pool = options.pool
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Applications find it from now on. */
  publish(): void {
    Object.assign(globalThis, { [HOSTED_WORKER]: this })
  }

  on(occasion: WorkerOccasion, listener: WorkerListener): void {
    if (!Object.hasOwn(this.listeners, occasion) || typeof listener !== 'function')
      throw new TypeError(`worker.on takes "drain" or "close" and a function, not ${occasion}`)
    const notice = this.happened.get(occasion)
    if (notice) this.call(occasion, listener, notice)
    else this.listeners[occasion].add(listener)
  }

  off(occasion: WorkerOccasion, listener: WorkerListener): void {
    this.listeners[occasion].delete(listener)
  }

  reportUnhealthy(reason = ''): void {
    const { id, pool, pinged, tell } = this.options
    // One that says it again and again before the next ping is heard once.
    if (this.unhealthy !== null) return
    this.unhealthy = reason.slice(0, LONGEST_REASON)
    const what = reason === '' ? 'gave no reason' : `said why: ${this.unhealthy}`
    tell({
      id: reason === '' ? 2263 : 2262,
      level: 'warning',
      source: 'worker',
      text:
        `An application in worker ${id} of pool "${pool}" reported itself unhealthy; it ${what}. ` +
        (pinged
          ? 'The next ping will see it.'
          : 'Nothing follows, since nobody asks: pingingEnabled of the pool is false.'),
      facts: { pool, worker: id, reason: this.unhealthy },
    })
  }

  /** What has been reported since it was last asked; null where nothing was. */
  takeReport(): string | null {
    const report = this.unhealthy
    this.unhealthy = null
    return report
  }

  /** Tells the applications, once of each occasion. `settled` says when they are done with it. */
  announce(occasion: WorkerOccasion, notice: DrainNotice): void {
    if (this.happened.has(occasion)) return
    this.happened.set(occasion, notice)
    if (occasion === 'drain')
      this.controller.abort(new Error(`Worker ${this.id} of pool "${this.pool}" drains: ${notice.reason}`))
    const listeners = [...this.listeners[occasion]]
    this.listeners[occasion].clear()
    for (const listener of listeners) this.call(occasion, listener, notice)
  }

  /** Resolves when all that the listeners have returned has settled, at the latest at `deadline`. */
  async settled(deadline: number): Promise<void> {
    if (this.unsettled.size === 0) return
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(Math.max(0, deadline - Date.now()), LONGEST_TIMER))
    })
    await Promise.race([this.allSettled(), limit])
    clearTimeout(timer)
  }

  /** One that is called late may have more to do when the others are done. */
  private async allSettled(): Promise<void> {
    while (this.unsettled.size > 0) await Promise.all(this.unsettled)
  }

  private call(occasion: WorkerOccasion, listener: WorkerListener, notice: DrainNotice): void {
    const work: Promise<void> = (async () => {
      try {
        await listener(notice)
      } catch (error) {
        this.failed(occasion, error)
      }
    })().finally(() => this.unsettled.delete(work))
    this.unsettled.add(work)
  }

  private failed(occasion: WorkerOccasion, error: unknown): void {
    const { id, pool, tell } = this.options
    tell({
      id: 0,
      level: 'warning',
      source: 'worker',
      text: `A listener to "${occasion}" of worker ${id} of pool "${pool}" failed.`,
      facts: {
        pool,
        worker: id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      },
    })
  }
}
