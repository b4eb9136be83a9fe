/**
 * Sums up the processor time that the workers of a pool use, and tells or shuts the pool down when it is more than
 * `cpu.limit` allows within `cpu.resetInterval`.
 */
import type { Clock } from '../clock.js'
import type { PoolConfig } from '../contract/config.js'
import type { ServerEvent } from '../contract/events.js'
import { wasEvents } from './events.js'
import type { PoolState } from './states.js'

/** Milliseconds between two looks. */
const LOOK = 1000

/** Limits are in thousandths of a percent of all processors. */
const ALL = 100_000

/** What it needs of a pool. */
export interface LimitedPool {
  readonly config: PoolConfig
  readonly state: PoolState
  readonly workers: Iterable<{ readonly id: number; readonly processorTime: number | undefined }>
  start(): void
  stop(why: 'APP_SHUTDOWN'): Promise<void>
  kill(): void
}

export interface CpuLimitOptions {
  readonly clock: Clock
  /** Processors of the machine. */
  readonly processors: number
  /** The limit was exceeded; called once in an interval. */
  readonly tell: (event: ServerEvent) => void
}

/** Milliseconds of processor time that a limit allows within so many milliseconds. */
export const allowedTime = (limit: number, processors: number, milliseconds: number): number =>
  (limit / ALL) * processors * milliseconds

export class CpuLimit {
  private readonly pool: LimitedPool
  private readonly options: CpuLimitOptions
  /** What each worker had used when it was looked at last. */
  private seen = new Map<number, number>()
  private used = 0
  private since = 0
  private told = false
  private cancel: () => void = () => undefined

  constructor(pool: LimitedPool, options: CpuLimitOptions) {
    this.pool = pool
    this.options = options
  }

  /** The pool has been started. */
  start(): void {
    this.stop()
    const { limit, action, resetInterval } = this.pool.config.cpu
    // A throttled worker is held by its host.
    if (limit === 0 || resetInterval === 0 || action === 'Throttle') return
    this.seen.clear()
    this.begin()
    this.wait()
  }

  /** The pool is being stopped. */
  stop(): void {
    this.cancel()
  }

  private begin(): void {
    this.since = this.options.clock.now()
    this.used = 0
    this.told = false
  }

  private wait(): void {
    this.cancel = this.options.clock.after(Math.min(LOOK, this.pool.config.cpu.resetInterval), () => {
      this.wait()
      this.look()
    })
  }

  private look(): void {
    const { limit, resetInterval } = this.pool.config.cpu
    const seen = new Map<number, number>()
    for (const { id, processorTime = 0 } of this.pool.workers) {
      seen.set(id, processorTime)
      this.used += processorTime - (this.seen.get(id) ?? 0)
    }
    this.seen = seen
    const allowed = allowedTime(limit, this.options.processors, resetInterval)
    const left = Math.max(0, this.since + resetInterval - this.options.clock.now())
    if (this.used > allowed && !this.told) this.exceeded(allowed, left)
    else if (left === 0) this.begin()
  }

  private exceeded(allowed: number, left: number): void {
    const { pool, used } = this
    const { name, cpu } = pool.config
    this.told = true
    this.options.tell(wasEvents.cpuLimitExceeded(name, cpu.action, used, allowed, left))
    if (cpu.action !== 'KillW3wp') return
    const stopped = pool.stop('APP_SHUTDOWN')
    pool.kill()
    this.cancel = this.options.clock.after(left, () => {
      void stopped.then(() => {
        if (pool.state === 'stopped') pool.start()
      })
    })
  }
}
