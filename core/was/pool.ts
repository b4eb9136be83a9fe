/** One application pool: its queue, its workers, and when the one gets the other. */
import type { Clock } from '../clock.js'
import type { PoolConfig } from '../contract/config.js'
import type { EventLog } from '../contract/events.js'
import type { AdapterSettings, ApplicationSettings } from '../contract/messages.js'
import type { WorkerHost } from '../contract/worker-host.js'
import type { Application } from '../namespace/application.js'
import { RequestQueue } from '../queue/request-queue.js'
import { decideOnDemand } from './demand.js'
import { History } from './history.js'
import { wasEvents } from './events.js'
import { decideOnFailure } from './rapid-fail.js'
import { runAction } from './run-action.js'
import { move, poolMoves, type PoolState } from './states.js'
import { Worker } from './worker.js'

/** What a pool needs of the server around it. */
export interface PoolSurroundings {
  readonly host: WorkerHost
  readonly clock: Clock
  readonly events: EventLog
  readonly adapters: readonly AdapterSettings[]
  readonly demandStartThreshold: number
  readonly settingsOf: (application: Application) => ApplicationSettings
  /** Counts up over all pools. */
  nextWorkerId(): number
  /** Workers of all pools that have not ended. */
  countWorkers(): number
}

export class ApplicationPool {
  readonly config: PoolConfig
  readonly queue: RequestQueue
  state: PoolState = 'stopped'
  readonly workers = new Set<Worker>()
  readonly history = new History()
  private readonly around: PoolSurroundings
  private failures: readonly number[] = []
  private whenEmpty: (() => void)[] = []

  constructor(config: PoolConfig, around: PoolSurroundings) {
    this.config = config
    this.around = around
    this.queue = new RequestQueue(config.name, config.queueLength)
    this.queue.resets = config.failure.loadBalancerCapabilities === 'TcpLevel'
    this.queue.disable()
  }

  /** Takes requests from now on; a worker starts when the first one comes. */
  start(): void {
    this.state = move(poolMoves, this.state, 'started')
    this.failures = []
    this.queue.onDemand = () => {
      this.demand()
    }
    this.queue.enable()
  }

  /** Refuses requests from now on; resolves when all workers have ended, at the latest after the shutdown limit. */
  async stop(why: 'POOL_DISABLED' | 'APP_OFFLINE' = 'POOL_DISABLED'): Promise<void> {
    if (this.state === 'started') {
      this.state = move(poolMoves, this.state, 'stopping')
      this.queue.disable(why)
      for (const worker of this.workers) worker.stop()
    }
    if (this.workers.size > 0) {
      await new Promise<void>((resolve) => {
        this.whenEmpty.push(resolve)
      })
    }
    if (this.state === 'stopping') this.state = move(poolMoves, this.state, 'stopped')
  }

  /** A worker has failed: once too often, and the pool is taken out of service until it is started again. */
  private failed(): void {
    if (this.state !== 'started') return
    const { failure, name } = this.config
    const { clock, events } = this.around
    const { failures, disable } = decideOnFailure(this.failures, clock.now(), failure)
    this.failures = failures
    if (!disable) return
    const event = wasEvents.disabledByFailures(name, failures.length, failure.rapidFailProtectionInterval)
    events.write(event)
    this.history.add({
      at: clock.now(),
      what: 'disabled',
      worker: 0,
      reason: event.text,
      event: event.id,
      evidence: event.facts ?? {},
    })
    void this.stop('APP_OFFLINE')
    if (failure.autoShutdownExe === '') return
    runAction(failure.autoShutdownExe, failure.autoShutdownParams, (error) => {
      events.write(wasEvents.actionFailed(name, failure.autoShutdownExe, error))
    })
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const worker of this.workers) worker.kill()
  }

  /** The queue has work, or a new connection, that one more worker could take. */
  private demand(): void {
    if (this.state !== 'started') return
    const { demandStartThreshold } = this.around
    let starting = 0
    let living = 0
    for (const { state } of this.workers) {
      if (state === 'starting') starting++
      if (state !== 'stopping') living++
    }
    const decision = decideOnDemand({
      workers: living,
      starting,
      maxProcesses: this.config.processModel.maxProcesses,
      waiting: this.queue.length,
      serverWorkers: this.around.countWorkers(),
      demandStartThreshold,
    })
    if (decision === 'start') this.startWorker()
    if (decision === 'refuse') {
      this.around.events.write(wasEvents.startRefused(this.config.name, demandStartThreshold))
      this.queue.refuseWaiting('UNAVAILABLE')
    }
  }

  private startWorker(): void {
    const { host, clock, events, adapters, settingsOf, nextWorkerId } = this.around
    const worker: Worker = new Worker({
      id: nextWorkerId(),
      pool: this.config,
      queue: this.queue,
      host,
      clock,
      events,
      adapters,
      settingsOf,
      wanted: this.wantedApplications(),
      remember: (entry) => {
        this.history.add(entry)
      },
      onCondemned: () => {
        this.failed()
        if (this.queue.length > 0) this.demand()
      },
      onReady: () => {
        if (this.queue.length > 0) this.demand()
      },
      onEnded: (outcome, end) => {
        this.workers.delete(worker)
        if (outcome === 'neverReady' || (outcome === 'failed' && !worker.condemned)) this.failed()
        if (outcome === 'neverReady') {
          // Whoever waits gets an answer, or one of the other workers, instead of a second attempt: a broken start must
          // not turn in circles.
          const refused = this.workers.size === 0 ? this.queue.length : 0
          events.write(wasEvents.startFailed(this.config.name, worker.id, end, refused))
          if (refused > 0) this.queue.refuseWaiting('UNAVAILABLE')
        } else if (this.queue.length > 0) this.demand()
        if (this.workers.size === 0) this.empty()
      },
    })
    this.workers.add(worker)
  }

  private wantedApplications(): Application[] {
    const wanted = new Set<Application>()
    for (const { application } of this.queue.contents) if (application) wanted.add(application)
    return [...wanted]
  }

  private empty(): void {
    const waiting = this.whenEmpty
    this.whenEmpty = []
    for (const resolve of waiting) resolve()
  }
}
