/** The workers of one pool: who starts in whose place, who is to be replaced, and who is of the newest configuration. */
import type { PoolConfig } from '../contract/config.js'
import type { WorkerEnd } from '../contract/worker-host.js'
import type { Application } from '../namespace/application.js'
import type { RequestQueue } from '../queue/request-queue.js'
import { wasEvents } from './events.js'
import { recycleEvents } from './recycle-events.js'
import { Garden } from './garden.js'
import type { History } from './history.js'
import type { RecycleReason } from './recycling.js'
import { Renewal } from './renewal.js'
import { Replacements, type Census } from './replacements.js'
import type { PoolSurroundings } from './surroundings.js'
import { wantedApplications } from './wanted.js'
import { Worker } from './worker.js'
import type { WorkerOutcome } from './worker-options.js'

/** What they need of their pool, and what they tell it. */
export interface PoolWorkersOptions {
  readonly pool: () => PoolConfig
  readonly queue: RequestQueue
  readonly history: History
  readonly around: PoolSurroundings
  /** Only the workers of a started pool are replaced. */
  readonly isStarted: () => boolean
  /** Whether a new one loads all applications of the pool, asked for or not. */
  readonly loadsAll: () => boolean
  readonly onReady: () => void
  /** One has been found failing, and takes no more requests. */
  readonly onCondemned: () => void
  /** One has been told to end, since nobody needs it. */
  readonly onIdle: () => void
  /** @param replacing - it was to replace another one, which stays instead */
  readonly onEnded: (worker: Worker, outcome: WorkerOutcome, end: WorkerEnd, replacing: boolean) => void
}

export class PoolWorkers {
  /** Those that have not ended. */
  readonly all = new Set<Worker>()
  private readonly options: PoolWorkersOptions
  private readonly garden: Garden<Worker>
  private readonly replacements: Replacements
  private readonly renewal = new Renewal()
  private ending: { readonly deadline: number; readonly reason: string } | null = null

  constructor(options: PoolWorkersOptions) {
    this.options = options
    this.garden = new Garden(options.pool, () => options.around.machine.random())
    this.replacements = new Replacements(options.pool)
  }

  /** Which configuration they are started under; one of another edition is old. */
  get edition(): number {
    return this.renewal.edition
  }

  set edition(edition: number) {
    this.renewal.edition = edition
  }

  /** The applications that they have loaded. */
  get loaded(): ReadonlySet<Application> {
    return new Set([...this.all].flatMap((worker) => worker.applications))
  }

  /** How many there are, without those that make no other unnecessary. */
  get census(): Census {
    return this.replacements.census(this.all)
  }

  /** The pool starts anew: so does the garden. */
  renewGarden(): void {
    this.garden.renew()
  }

  start(reason: string, replaced?: Worker): Worker {
    const { around, pool, queue, history, loadsAll, onCondemned, onEnded } = this.options
    const { hostOf, applicationsOf, nextWorkerId, orphans, pressure } = around
    const config = pool()
    const place = this.garden.placeFor(replaced)
    const worker: Worker = new Worker({
      ...around,
      host: hostOf(config),
      first: this.garden.allowance(place),
      id: nextWorkerId(),
      place,
      reason,
      pool: config,
      queue,
      wanted: wantedApplications([...applicationsOf(queue)], loadsAll(), queue, replaced),
      replaces: replaced,
      remember: (entry) => {
        history.add(entry)
      },
      onOld: (reason, evidence = {}) => {
        this.recycleOne(worker, reason, evidence)
      },
      idleTimeout: () => pressure.shorten(config.processModel.idleTimeout),
      onIdle: () => {
        this.idle(worker)
      },
      onCondemned,
      onReady: () => {
        this.ready(worker)
      },
      onOrphaned: (reason, pid, end) => {
        orphans.adopt(worker.id, pool(), { reason, pid, end }, history)
      },
      onOrphanEnded: () => {
        orphans.remove(worker.id)
      },
      onEnded: (outcome, end) => {
        const replacing = this.ended(worker, outcome, end)
        onEnded(worker, outcome, end, replacing)
      },
    })
    this.renewal.started(worker)
    this.all.add(worker)
    this.garden.seat(worker, place)
    if (this.ending) worker.announceEnd(this.ending.deadline, this.ending.reason)
    return worker
  }

  /** All will be stopped, those that start from now on too: their applications hear of it before. */
  announceEnd(deadline: number, reason: string): void {
    this.ending = { deadline, reason }
    for (const worker of this.all) worker.announceEnd(deadline, reason)
  }

  /** Replaces those that run now; one that is being replaced already is left at that. */
  recycle(reason: RecycleReason, evidence: Readonly<Record<string, unknown>>): void {
    for (const worker of [...this.all]) this.recycleOne(worker, reason, evidence)
  }

  /**
   * Replaces those of other editions. Resolves with true when none is left to be replaced; with false as soon as a
   * replacement has ended before it was ready, whose predecessor stays.
   */
  renew(evidence: Readonly<Record<string, unknown>>): Promise<boolean> {
    const renewed = this.renewal.begin()
    let places = this.options.pool().processModel.maxProcesses
    for (const worker of [...this.all]) {
      if (worker.state !== 'running' || !this.renewal.isOld(worker)) continue
      if (places-- > 0) this.recycleOne(worker, 'ConfigChange', evidence)
      else worker.stop('its pool is to have fewer workers')
    }
    this.renewal.check(this.all)
    return renewed
  }

  private recycleOne(old: Worker, reason: RecycleReason, more: Readonly<Record<string, unknown>>): void {
    const { isStarted, pool, history } = this.options
    if (!isStarted() || old.state !== 'running' || this.replacements.has(old)) return
    const { name, isolation, recycling } = pool()
    if (isolation === 'inline') {
      history.report('refused', old.id, recycleEvents.notUnloaded(name, reason))
      return
    }
    const event = recycleEvents.recycled(name, old.id, reason, { ...old.snapshot(), ...more })
    history.report('recycling', old.id, event, recycling.logEventOnRecycle.includes(reason))
    if (recycling.disallowOverlappingRotation) {
      this.replacements.begin(old, null)
      old.stop(`it was recycled (${reason})`)
    } else this.replacements.begin(old, this.start(`it replaces worker ${old.id}`, old))
  }

  private ready(worker: Worker): void {
    this.replacements.replacedBy(worker)?.stop(`worker ${worker.id} replaces it`)
    if (this.renewal.isOld(worker)) this.recycleOne(worker, 'ConfigChange', {})
    this.renewal.check(this.all)
    this.options.onReady()
  }

  /** Answers whether it was to replace another one, which stays. */
  private ended(worker: Worker, outcome: WorkerOutcome, end: WorkerEnd): boolean {
    const replaced = this.replacements.replacedBy(worker)
    this.all.delete(worker)
    this.garden.leave(worker)
    this.replacements.forget(worker)
    this.renewal.check(this.all)
    if ((outcome !== 'neverReady' && outcome !== 'unfit') || !replaced) return false
    const { pool, history } = this.options
    this.replacements.forget(replaced)
    if (!this.renewal.isOld(worker)) this.renewal.failed()
    history.report(
      'refused',
      replaced.id,
      recycleEvents.recycleFailed(pool().name, replaced.id, worker.id, end),
    )
    replaced.stay()
    return true
  }

  private idle(worker: Worker): void {
    const { isStarted, pool, around, onIdle } = this.options
    if (!isStarted() || this.replacements.has(worker)) return
    const { name, processModel } = pool()
    const timeout = around.pressure.shorten(processModel.idleTimeout)
    const event = wasEvents.idle(name, worker.id, timeout, timeout < processModel.idleTimeout)
    if (processModel.logEventOnProcessModel.includes('IdleTimeout')) around.events.write(event)
    worker.stop('it was idle', event)
    onIdle()
  }
}
