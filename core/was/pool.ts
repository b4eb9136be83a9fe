/** One application pool: its state, its queue, and when the one needs a worker for the other. */
import { availableParallelism } from 'node:os'
import type { PoolConfig } from '../contract/config.js'
import type { WorkerEnd } from '../contract/worker-host.js'
import type { Application } from '../namespace/application.js'
import { RequestQueue, type Disabled } from '../queue/request-queue.js'
import { WaitLimit } from '../queue/wait-limit.js'
import { AlwaysRunning } from './always-running.js'
import { CpuLimit } from './cpu-limit.js'
import { decideOnDemand, type DemandDecision } from './demand.js'
import { wasEvents } from './events.js'
import { History } from './history.js'
import { PoolFailures } from './pool-failures.js'
import { watchTriggers } from './pool-triggers.js'
import { PoolWorkers } from './pool-workers.js'
import type { RecycleReason } from './recycling.js'
import { move, poolMoves, type PoolState } from './states.js'
import type { PoolSurroundings } from './surroundings.js'
import type { Worker } from './worker.js'
import type { WorkerOutcome } from './worker-options.js'

/** A start that the threshold of workers forbids is told once in so many milliseconds. */
const TELL_AGAIN = 60_000

export class ApplicationPool {
  config: PoolConfig
  readonly queue: RequestQueue
  state: PoolState = 'stopped'
  readonly history: History
  private readonly around: PoolSurroundings
  private readonly staff: PoolWorkers
  private readonly failures: PoolFailures
  private readonly always: AlwaysRunning
  private stopTriggers: () => void = () => undefined
  private toldRefused = -TELL_AGAIN
  /** What is to be done as soon as the pool has stopped. */
  private next: (() => void) | null = null
  private readonly whenEmpty: (() => void)[] = []
  private readonly cpuLimit: CpuLimit
  private readonly waitLimit: WaitLimit

  constructor(config: PoolConfig, around: PoolSurroundings) {
    this.config = config
    this.around = around
    this.history = new History(around.clock, around.events)
    const current = (): PoolConfig => this.config
    this.queue = new RequestQueue(config.name, config.queueLength, around.together)
    this.waitLimit = new WaitLimit(this.queue, around.clock, config.queueTimeout)
    this.queue.disable()
    this.queue.balance = around.balanceOf(config)
    this.queue.onBalanceFailed = (error) => {
      this.queue.balance = null
      around.events.write(wasEvents.balancingFailed(config.name, this.config.loadBalancing, error))
    }
    this.staff = new PoolWorkers({
      pool: current,
      queue: this.queue,
      history: this.history,
      around,
      isStarted: () => this.state === 'started',
      // A trial that loads nothing would prove nothing.
      loadsAll: () => this.config.startMode === 'AlwaysRunning' || this.failures.onTrial,
      onReady: () => {
        this.ready()
      },
      onCondemned: () => {
        this.failed()
        this.carryOn()
      },
      onIdle: () => {
        this.always.look()
      },
      onEnded: (worker, outcome, end, replacing) => {
        this.ended(worker, outcome, end, replacing)
      },
    })
    this.always = new AlwaysRunning({
      clock: around.clock,
      missing: () =>
        this.config.startMode === 'AlwaysRunning' &&
        this.state === 'started' &&
        this.staff.census.workers === 0,
      start: () => this.demand('startMode is AlwaysRunning') === 'start',
    })
    this.failures = new PoolFailures({
      clock: around.clock,
      pool: current,
      history: this.history,
      onTrial: () => {
        this.whenStopped(() => {
          this.open()
          this.history.report('trial', 0, wasEvents.trialStarted(config.name))
          this.staff.start('its pool is on trial')
        })
      },
    })
    this.cpuLimit = new CpuLimit(this, {
      clock: around.clock,
      processors: availableParallelism(),
      tell: (event) => {
        this.history.report('limited', 0, event)
      },
    })
    this.configure(config, 0)
  }

  /** Those that have not ended. */
  get workers(): ReadonlySet<Worker> {
    return this.staff.all
  }

  /** Which configuration workers are started under; a worker of another edition is old. */
  get edition(): number {
    return this.staff.edition
  }

  /** The applications that its workers have loaded. */
  get loaded(): ReadonlySet<Application> {
    return this.staff.loaded
  }

  /** All that is the pool's own is in force at once; workers keep what they were started with, see `renew`. */
  configure(config: PoolConfig, edition: number): void {
    this.config = config
    this.staff.edition = edition
    this.queue.limit = config.queueLength
    this.waitLimit.configure(config.queueTimeout)
    this.queue.balance = this.around.balanceOf(config)
    this.queue.resets = config.failure.loadBalancerCapabilities === 'TcpLevel'
    if (this.state !== 'started') return
    this.watch()
    this.cpuLimit.start()
    this.always.look()
  }

  /**
   * Replaces the workers of other editions. Resolves with true when none is left to be replaced; with false as soon as a
   * replacement has ended before it was ready, whose predecessor stays.
   */
  renew(evidence: Readonly<Record<string, unknown>>): Promise<boolean> {
    return this.staff.renew(evidence)
  }

  /**
   * Takes requests from now on; a worker starts when the first one comes, or at once where startMode is AlwaysRunning.
   * Failures are forgotten, and so is that they disabled the pool. One that is stopping starts as soon as it has stopped.
   *
   * @param by - who has asked for it; '' with the server, which needs no event
   */
  start(by = ''): void {
    this.failures.forget()
    this.whenStopped(() => {
      if (this.state === 'stopped') {
        this.open()
        this.history.report('started', 0, wasEvents.poolStarted(this.config.name, by), by !== '')
      }
      this.queue.enable()
      this.carryOn()
    })
  }

  /**
   * Refuses requests from now on; resolves when all workers have ended, at the latest after the shutdown limit. By hand
   * (`POOL_DISABLED`) it also ends all attempts of self-healing.
   */
  async stop(why: Disabled = 'POOL_DISABLED', by = ''): Promise<void> {
    this.next = null
    this.cpuLimit.stop()
    if (why === 'POOL_DISABLED') {
      this.failures.forget()
      this.history.report('stopping', 0, wasEvents.poolStopped(this.config.name, by), by !== '')
    }
    this.queue.disable(why)
    if (this.state === 'started') {
      this.state = move(poolMoves, this.state, 'stopping')
      this.always.stop()
      this.stopTriggers()
      for (const worker of this.workers) worker.stop()
    }
    if (this.workers.size === 0) this.empty()
    else await new Promise<void>((resolve) => this.whenEmpty.push(resolve))
  }

  /** It will be stopped for good: applications hear of it now, requests are still served. */
  announceEnd(deadline: number, reason: string): void {
    this.staff.announceEnd(deadline, reason)
  }

  /**
   * Replaces the workers that run now without losing a request; one that is being replaced already is left at that.
   * Without a running worker there is nothing to do.
   */
  recycle(reason: RecycleReason = 'OnDemand', evidence: Readonly<Record<string, unknown>> = {}): void {
    this.staff.recycle(reason, evidence)
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const worker of this.workers) worker.kill()
  }

  private open(): void {
    this.state = move(poolMoves, this.state, 'started')
    this.staff.renewGarden()
    this.queue.onDemand = () => {
      this.demand()
    }
    this.watch()
    this.cpuLimit.start()
  }

  private watch(): void {
    this.stopTriggers()
    const applications = [...this.around.applicationsOf(this.queue)].map(({ config }) => config)
    this.stopTriggers = watchTriggers(this.config, applications, this.around, {
      onTime: (at) => {
        this.recycle('Schedule', { scheduled: new Date(at).toISOString() })
      },
      onFileChange: (path) => {
        // One that is starting may have read the old files, and cannot be recycled yet.
        if ([...this.workers].some(({ state }) => state === 'starting')) return false
        this.recycle('FileChange', { path })
        return true
      },
    })
  }

  private whenStopped(action: () => void): void {
    if (this.state === 'stopping') this.next = action
    else action()
  }

  /** A worker has failed: once too often, and the pool is taken out of service. */
  private failed(): void {
    if (this.state === 'started' && this.failures.failed()) void this.stop('APP_OFFLINE')
  }

  /** Starts a worker if one is needed now. */
  private carryOn(): void {
    if (this.queue.length > 0) this.demand()
    this.always.look()
  }

  /** The queue has work, or a new connection, that one more worker could take. */
  private demand(reason = 'a request waits, or a garden grows'): DemandDecision {
    if (this.state !== 'started') return 'nothing'
    const { config, clock } = this.around
    const { demandStartThreshold } = config.webLimits
    const decision = decideOnDemand({
      ...this.staff.census,
      maxProcesses: this.failures.onTrial ? 1 : this.config.processModel.maxProcesses,
      waiting: this.queue.length,
      serverWorkers: this.around.countWorkers(),
      demandStartThreshold,
    })
    if (decision === 'start') this.staff.start(reason)
    if (decision === 'refuse') {
      if (clock.now() - this.toldRefused >= TELL_AGAIN) {
        this.toldRefused = clock.now()
        this.history.report('refused', 0, wasEvents.startRefused(this.config.name, demandStartThreshold))
      }
      this.queue.refuseWaiting('UNAVAILABLE')
    }
    return decision
  }

  private ready(): void {
    this.always.startSucceeded()
    if (this.failures.onTrial) {
      this.queue.enable()
      this.failures.trialReady()
    }
    this.carryOn()
  }

  private ended(worker: Worker, outcome: WorkerOutcome, end: WorkerEnd, replacing: boolean): void {
    if (outcome === 'neverReady') this.always.startFailed()
    if (outcome === 'neverReady' && !replacing) this.startFailed(worker, end)
    if (outcome === 'neverReady' || (outcome === 'failed' && !worker.condemned)) this.failed()
    if (outcome === 'neverReady' && !replacing) this.always.look()
    else this.carryOn()
    if (this.workers.size === 0) this.empty()
  }

  /** Whoever waits gets an answer, or one of the other workers, and no second attempt: it must not turn in circles. */
  private startFailed(worker: Worker, end: WorkerEnd): void {
    const refused = this.workers.size === 0 ? this.queue.length : 0
    this.history.report('failed', worker.id, wasEvents.startFailed(this.config.name, worker.id, end, refused))
    if (refused > 0) this.queue.refuseWaiting('UNAVAILABLE')
  }

  private empty(): void {
    if (this.state === 'stopping') this.state = move(poolMoves, this.state, 'stopped')
    for (const resolve of this.whenEmpty.splice(0)) resolve()
    const { next } = this
    this.next = null
    next?.()
  }
}
