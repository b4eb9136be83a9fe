/** One application pool: its queue, its workers, and when the one gets the other. */
import { availableParallelism } from 'node:os'
import type { Clock } from '../clock.js'
import type { PoolConfig } from '../contract/config.js'
import type { EventLog, ServerEvent } from '../contract/events.js'
import type { AdapterSettings, ApplicationSettings } from '../contract/messages.js'
import type { WorkerEnd, WorkerHost } from '../contract/worker-host.js'
import type { Application } from '../namespace/application.js'
import { RequestQueue } from '../queue/request-queue.js'
import { CpuLimit } from './cpu-limit.js'
import { decideOnDemand } from './demand.js'
import { History, type HistoryEntry } from './history.js'
import { wasEvents } from './events.js'
import { decideOnFailure } from './rapid-fail.js'
import { runAction } from './run-action.js'
import type { RecycleReason } from './recycling.js'
import { firstLimit } from './stagger.js'
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
  /** Workers that are to be replaced, and by whom; nobody yet where the old one must end first. */
  private readonly replacing = new Map<Worker, Worker | null>()
  /** Places in the garden, from 1, and those that somebody has had since the pool was started. */
  private readonly places = new Map<Worker, number>()
  private readonly hadPlaces = new Set<number>()
  private failures: readonly number[] = []
  private whenEmpty: (() => void)[] = []
  private readonly cpuLimit: CpuLimit

  constructor(config: PoolConfig, around: PoolSurroundings) {
    this.config = config
    this.around = around
    this.queue = new RequestQueue(config.name, config.queueLength)
    this.queue.resets = config.failure.loadBalancerCapabilities === 'TcpLevel'
    this.queue.disable()
    this.cpuLimit = new CpuLimit(this, {
      clock: around.clock,
      processors: availableParallelism(),
      tell: (event) => {
        around.events.write(event)
        this.remember('limited', 0, event)
      },
    })
  }

  /** Takes requests from now on; a worker starts when the first one comes. */
  start(): void {
    this.state = move(poolMoves, this.state, 'started')
    this.failures = []
    this.hadPlaces.clear()
    this.queue.onDemand = () => {
      this.demand()
    }
    this.queue.enable()
    this.cpuLimit.start()
  }

  /** Refuses requests from now on; resolves when all workers have ended, at the latest after the shutdown limit. */
  async stop(why: 'POOL_DISABLED' | 'APP_OFFLINE' = 'POOL_DISABLED'): Promise<void> {
    this.cpuLimit.stop()
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

  /**
   * Replaces the workers that run now without losing a request; one that is being replaced already is left at that.
   * Without a running worker there is nothing to do.
   */
  recycle(reason: RecycleReason = 'OnDemand', evidence: Readonly<Record<string, unknown>> = {}): void {
    for (const worker of [...this.workers]) this.recycleWorker(worker, reason, evidence)
  }

  private recycleWorker(old: Worker, reason: RecycleReason, more: Readonly<Record<string, unknown>>): void {
    if (this.state !== 'started' || old.state !== 'running' || this.replacing.has(old)) return
    const { events } = this.around
    const { logEventOnRecycle, disallowOverlappingRotation } = this.config.recycling
    const evidence = { ...old.snapshot(), ...more }
    const event = wasEvents.recycled(this.config.name, old.id, reason, evidence)
    if (logEventOnRecycle.includes(reason)) events.write(event)
    this.remember('recycling', old.id, event)
    if (disallowOverlappingRotation) {
      this.replacing.set(old, null)
      old.stop(`it was recycled (${reason})`)
    } else this.replacing.set(old, this.startWorker(old))
  }

  /** A replacement is ready: the one it replaces takes no more. */
  private takeOver(worker: Worker): void {
    for (const [old, by] of this.replacing) if (by === worker) old.stop(`worker ${worker.id} replaces it`)
  }

  /** A replacement has ended before it was ready. Answers whether the one it was to replace is still there. */
  private replacementFailed(worker: Worker, end: WorkerEnd): boolean {
    for (const [old, by] of this.replacing) {
      if (by !== worker || old.state !== 'running') continue
      this.replacing.delete(old)
      const { events } = this.around
      const event = wasEvents.recycleFailed(this.config.name, old.id, worker.id, end)
      events.write(event)
      this.remember('refused', old.id, event)
      old.stay()
      return true
    }
    return false
  }

  /** A worker that one is still needed beside: not yet there in place of another, or gone as soon as that is. */
  private counts(worker: Worker): boolean {
    if (worker.state === 'stopping') return this.config.recycling.disallowOverlappingRotation
    for (const [old, by] of this.replacing) if (by === worker && old.state === 'running') return false
    return true
  }

  /** The first free place of the garden, or that of the one it replaces. */
  private placeOf(old: Worker | undefined): number {
    const known = old && this.places.get(old)
    if (known !== undefined) return known
    const taken = new Set(this.places.values())
    let place = 1
    while (taken.has(place)) place++
    return place
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
    this.remember('disabled', 0, event)
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
    for (const worker of this.workers) {
      if (!this.counts(worker)) continue
      if (worker.state === 'starting') starting++
      living++
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

  private startWorker(replaced?: Worker): Worker {
    const { host, clock, events, adapters, settingsOf, nextWorkerId } = this.around
    const { periodicRestart } = this.config.recycling
    const { maxProcesses } = this.config.processModel
    const place = this.placeOf(replaced)
    const spread = (limit: number): number =>
      this.hadPlaces.has(place) ? limit : firstLimit(limit, place, maxProcesses)
    const first = { time: spread(periodicRestart.time), requests: spread(periodicRestart.requests) }
    this.hadPlaces.add(place)
    const worker: Worker = new Worker({
      first,
      onOld: (reason) => {
        this.recycleWorker(worker, reason, {})
      },
      id: nextWorkerId(),
      pool: this.config,
      queue: this.queue,
      host,
      clock,
      events,
      adapters,
      settingsOf,
      wanted: this.wantedApplications(replaced),
      remember: (entry) => {
        this.history.add(entry)
      },
      onCondemned: () => {
        this.failed()
        if (this.queue.length > 0) this.demand()
      },
      onReady: () => {
        this.takeOver(worker)
        if (this.queue.length > 0) this.demand()
      },
      onEnded: (outcome, end) => {
        this.workers.delete(worker)
        this.places.delete(worker)
        this.replacing.delete(worker)
        if (outcome === 'neverReady' && this.replacementFailed(worker, end)) {
          if (this.queue.length > 0) this.demand()
          return
        }
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
    this.places.set(worker, place)
    return worker
  }

  /** What requests wait for, and what the one that is replaced has loaded. */
  private wantedApplications(replaced: Worker | undefined): Application[] {
    const wanted = new Set<Application>(replaced?.applications)
    for (const { application } of this.queue.contents) if (application) wanted.add(application)
    return [...wanted]
  }

  /** Keeps an event for whoever asks afterwards; worker 0 stands for the pool as a whole. */
  private remember(what: HistoryEntry['what'], worker: number, { text, id, facts }: ServerEvent): void {
    this.history.add({
      at: this.around.clock.now(),
      what,
      worker,
      reason: text,
      event: id,
      evidence: facts ?? {},
    })
  }

  private empty(): void {
    const waiting = this.whenEmpty
    this.whenEmpty = []
    for (const resolve of waiting) resolve()
  }
}
