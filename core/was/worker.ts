/** One worker as WAS sees it: starting, running, stopping, ended; never more than one of them. */
import type { ServerEvent } from '../contract/events.js'
import type { Receiver } from '../contract/receiver.js'
import { ToWorker } from '../contract/messages.js'
import type { WorkerEnd, WorkerHandle } from '../contract/worker-host.js'
import type { Application } from '../namespace/application.js'
import { Ageing } from './ageing.js'
import { DeadlockWatch } from './deadlock.js'
import type { HistoryEntry } from './history.js'
import { IdleWatch } from './idle.js'
import { wasEvents } from './events.js'
import { Lanes } from './lanes.js'
import { Pulses } from './pulses.js'
import { move, workerMoves, type WorkerState } from './states.js'
import type { WorkerOptions } from './worker-options.js'
import { whyUnfit } from './unfit.js'
import { failureEvent, outcomeOf } from './worker-failure.js'
import { workerSettings } from './worker-settings.js'
import { measure, type WorkerSnapshot } from './worker-snapshot.js'

export class Worker {
  readonly id: number
  state: WorkerState = 'starting'
  private readonly options: WorkerOptions
  private readonly handle: WorkerHandle
  private readonly lanes: Lanes
  private readonly startedAt: number
  private readonly pulses: Pulses
  private readonly ageing: Ageing
  private readonly idle: IdleWatch
  private readonly deadlock: DeadlockWatch
  private readyLanes = 0
  /** Ids of the applications that it could not load. */
  readonly failedApplications = new Set<number>()
  /** Why it is not put in the place of its predecessor. */
  private unfit: Error | undefined
  /** It was found failing before it ended, and its pool was told. */
  condemned = false
  private why = 'its pool was stopped'
  /** When it is killed, where that was said before; milliseconds since the epoch. */
  private endsBy = Infinity
  /** It has crashed, and a debugger keeps it. */
  private held = false
  private cancelLimit: () => void

  constructor(options: WorkerOptions) {
    this.options = options
    this.id = options.id
    const { pool, host, clock, place } = options
    this.startedAt = clock.now()
    this.handle = host.start(
      { id: options.id, pool, place },
      {
        received: (lane, batch) => {
          this.lanes.receive(lane, batch)
        },
        held: (end) => {
          this.held = true
          this.condemn(wasEvents.heldByDebugger(pool.name, this.id, this.handle.pid, end))
        },
        ended: (end) => {
          this.ended(end)
        },
      },
    )
    this.remember('started', options.reason)
    this.lanes = new Lanes(this.handle, options, workerSettings(options, this.startedAt), {
      ready: () => {
        this.laneReady()
      },
      applicationFailed: (application) => {
        this.failedApplications.add(application)
      },
      pong: (lane, memory, utilisation, unhealthy) => {
        this.answered(lane, memory, utilisation, unhealthy)
      },
      illFormed: (what) => {
        this.condemn(wasEvents.workerNotTrusted(pool.name, this.id, what))
        this.handle.kill()
      },
    })
    const { receivers } = this.lanes
    this.pulses = new Pulses({
      clock,
      settings: pool.processModel,
      receivers,
      onSilent: () => {
        this.silent()
      },
    })
    this.deadlock = new DeadlockWatch(this.lanes, options)
    this.ageing = new Ageing({
      clock,
      receivers,
      limits: pool.recycling.periodicRestart,
      onOld: (reason) => {
        if (this.state === 'running') options.onOld(reason)
      },
    })
    this.idle = new IdleWatch({
      clock,
      timeout: options.idleTimeout,
      activity: () => ({ taken: this.taken, executing: this.executing + this.tunnels }),
      onIdle: options.onIdle,
    })
    this.cancelLimit = clock.after(pool.processModel.startupTimeLimit, () => {
      const { startupTimeLimit } = pool.processModel
      this.report('failed', wasEvents.startTooSlow(pool.name, this.id, this.handle.pid, startupTimeLimit))
      this.giveUp('startupTimeLimit')
    })
  }

  /** Milliseconds of processor time since its start; undefined where nobody can tell. */
  get processorTime(): number | undefined {
    return this.handle.processorTime?.()
  }

  /** Requests that it has taken and not finished. */
  get executing(): number {
    return this.lanes.executing
  }

  /** Connections that its applications have taken over. */
  get tunnels(): number {
    return this.lanes.tunnels
  }

  /** Requests that it has taken since it started. */
  get taken(): number {
    return this.lanes.taken
  }

  /** Whether a request that this receiver has taken is one of its own. */
  owns(receiver: Receiver): boolean {
    return this.lanes.owns(receiver)
  }

  /** All that is known of it now. */
  snapshot(): WorkerSnapshot {
    const { id, state, startedAt, lanes, pulses, options } = this
    return { id, pid: this.handle.pid, state, startedAt, ...measure(lanes, pulses, options.clock.now()) }
  }

  /** The applications that it has loaded, or was told to. */
  get applications(): Application[] {
    return this.lanes.applications
  }

  /** It could not be replaced: it may do as much again before that is tried again. */
  stay(): void {
    this.ageing.stay()
  }

  /** It will be stopped: its applications hear of that, and requests still come. */
  announceEnd(deadline: number, reason: string): void {
    if (this.state === 'stopping' || this.state === 'ended') return
    this.endsBy = deadline
    this.lanes.tell([ToWorker.ENDING, deadline, reason])
  }

  /**
   * Takes no more requests, finishes what it has, closes its applications, ends; killed when the limit has passed.
   *
   * @param event - where one has told of it: kept as its evidence
   */
  stop(reason = 'its pool was stopped', event?: ServerEvent): void {
    if (this.held) this.handle.kill()
    if (this.state === 'stopping' || this.state === 'ended') return
    this.state = move(workerMoves, this.state, 'stopping')
    this.why = reason
    this.stopWatching()
    this.remember('stopping', reason, event?.id, event?.facts)
    const { pool, clock } = this.options
    const now = clock.now()
    const limit = Math.max(0, Math.min(pool.processModel.shutdownTimeLimit, this.endsBy - now))
    this.lanes.drain(now + limit, reason)
    this.cancelLimit()
    this.cancelLimit = clock.after(limit, () => {
      this.report('failed', wasEvents.stopTooSlow(pool.name, this.id, this.handle.pid, limit, this.executing))
      this.giveUp('shutdownTimeLimit')
    })
  }

  /** Ends it at once. */
  kill(): void {
    this.handle.kill()
  }

  private answered(lane: number, memory: number, utilisation: number, unhealthy: string | null): void {
    this.pulses.answered(lane, memory, utilisation)
    const reported = unhealthy ?? this.deadlock.heed()
    if (reported !== null && this.state === 'running') this.options.onOld('IsapiUnhealthy', { reported })
    this.ageing.heedMemory(this.pulses.memory)
  }

  private laneReady(): void {
    this.readyLanes++
    if (this.readyLanes < this.lanes.count || this.state !== 'starting') return
    this.cancelLimit()
    this.unfit = whyUnfit(this.failedApplications, this.options.replaces)
    if (this.unfit) {
      this.handle.kill()
      return
    }
    this.state = move(workerMoves, this.state, 'running')
    const { events, pool, clock } = this.options
    events.write(wasEvents.workerStarted(pool.name, this.id, clock.now() - this.startedAt))
    this.remember('ready', 'all its threads have said so')
    this.pulses.start()
    this.ageing.allow(this.options.first)
    this.idle.start()
    this.lanes.attach()
    this.options.onReady()
  }

  private ended(how: WorkerEnd): void {
    const end: WorkerEnd = this.unfit ? { kind: 'crashed', error: this.unfit } : how
    if (this.state === 'ended') {
      this.options.onOrphanEnded()
      return
    }
    this.cancelLimit()
    this.stopWatching()
    const { pool, events } = this.options
    const before = this.state
    this.state = move(workerMoves, this.state, 'ended')
    const lost = this.executing
    this.lanes.detach()
    const outcome = outcomeOf(before, this.condemned, this.unfit !== undefined)
    const inFlight = pool.failure.inFlight === '502' ? 'BAD_GATEWAY' : 'WORKER_LOST'
    const retrySafe = pool.failure.inFlight === 'retrySafe'
    const retried = this.lanes.lose(inFlight, retrySafe)
    if (outcome === 'stopped') {
      events.write(wasEvents.workerStopped(pool.name, this.id, this.why))
      this.remember('ended', this.why)
    } else if (before === 'running')
      this.report(
        'failed',
        failureEvent(this.options, this.handle.pid, this.applications, end, lost - retried, retried),
      )
    this.options.onEnded(outcome, end)
  }

  private stopWatching(): void {
    this.pulses.stop()
    this.ageing.stop()
    this.idle.stop()
  }

  /** One of its event loops does not turn any more. */
  private silent(): void {
    const { pool } = this.options
    this.condemn(wasEvents.noPong(pool.name, this.id, pool.processModel.pingResponseTime, this.snapshot()))
    this.giveUp('pingResponseTime')
  }

  /** It works no more as it should: it gets no more requests, and its pool is told before it ends. */
  private condemn(event: ServerEvent): void {
    this.report('failed', event)
    if (this.state !== 'running') return
    this.condemned = true
    this.state = move(workerMoves, this.state, 'stopping')
    this.stopWatching()
    this.lanes.detach()
    this.options.onCondemned()
  }

  /** What has passed a limit is ended at once; with `orphanWorkerProcess` it is cut off and left to a debugger. */
  private giveUp(limit: string): void {
    const { handle } = this
    if (!this.options.pool.failure.orphanWorkerProcess || !handle.abandon) {
      handle.kill()
      return
    }
    handle.abandon()
    this.options.onOrphaned(limit, handle.pid, () => {
      handle.kill()
    })
    this.ended({ kind: 'orphaned' })
  }

  private report(what: HistoryEntry['what'], event: ServerEvent): void {
    this.options.events.write(event)
    this.remember(what, event.text, event.id, event.facts)
  }

  private remember(
    what: HistoryEntry['what'],
    reason: string,
    event = 0,
    evidence: HistoryEntry['evidence'] = {},
  ): void {
    this.options.remember({ at: this.options.clock.now(), what, worker: this.id, reason, event, evidence })
  }
}
