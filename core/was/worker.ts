/** One worker as WAS sees it: starting, running, stopping, ended; never more than one of them. */
import type { ServerEvent } from '../contract/events.js'
import type { Receiver } from '../contract/receiver.js'
import { ToWorker } from '../contract/messages.js'
import type { WorkerEnd, WorkerHandle } from '../contract/worker-host.js'
import { WorkerReceiver } from '../handover/worker-receiver.js'
import type { Application } from '../namespace/application.js'
import { Ageing } from './ageing.js'
import type { HistoryEntry } from './history.js'
import { IdleWatch } from './idle.js'
import { iis5Events } from './iis5-events.js'
import { wasEvents } from './events.js'
import { Pulses } from './pulses.js'
import { move, workerMoves, type WorkerState } from './states.js'
import type { WorkerOptions, WorkerOutcome } from './worker-options.js'
import { whyUnfit } from './unfit.js'
import { workerSettings } from './worker-settings.js'
import { measure, type WorkerSnapshot } from './worker-snapshot.js'

export class Worker {
  readonly id: number
  state: WorkerState = 'starting'
  private readonly options: WorkerOptions
  private readonly handle: WorkerHandle
  private readonly receivers: WorkerReceiver[]
  private readonly startedAt: number
  private readonly pulses: Pulses
  private readonly ageing: Ageing
  private readonly idle: IdleWatch
  private readyLanes = 0
  /** Ids of the applications that it could not load. */
  readonly failedApplications = new Set<number>()
  /** Why it is not put in the place of its predecessor. */
  private unfit: Error | undefined
  /** It was found failing before it ended, and its pool was told. */
  condemned = false
  private why = 'its pool was stopped'
  private cancelLimit: () => void

  constructor(options: WorkerOptions) {
    this.options = options
    this.id = options.id
    const { pool, queue, host, clock, settingsOf, wanted } = options
    this.startedAt = clock.now()
    this.handle = host.start(
      { id: options.id, pool },
      {
        received: (lane, batch) => this.receivers[lane]?.receive(batch),
        ended: (end) => {
          this.ended(end)
        },
      },
    )
    this.remember('started', options.reason)
    this.receivers = Array.from({ length: this.handle.lanes }, (_value, lane) => {
      const receiver = new WorkerReceiver({
        worker: options.id,
        queue,
        credits: pool.concurrentRequests,
        settingsOf,
        post: (batch, transfer) => {
          this.handle.post(lane, batch, transfer)
        },
        observer: {
          ready: () => {
            this.laneReady()
          },
          drained: () => undefined,
          applicationFailed: (application) => {
            this.failedApplications.add(application)
          },
          pong: (memory, utilisation, unhealthy) => {
            this.pulses.answered(lane, memory, utilisation)
            if (unhealthy !== null && this.state === 'running')
              options.onOld('IsapiUnhealthy', { reported: unhealthy })
            this.ageing.heedMemory(this.pulses.memory)
          },
          event: (event) => {
            options.events.write(event)
          },
          illFormed: (what) => {
            this.condemn(wasEvents.workerNotTrusted(pool.name, this.id, what))
            this.handle.kill()
          },
        },
      })
      for (const application of wanted) receiver.knows(application)
      receiver.tell([ToWorker.START, workerSettings(options, this.startedAt)])
      return receiver
    })
    this.pulses = new Pulses({
      clock,
      settings: pool.processModel,
      receivers: this.receivers,
      onSilent: () => {
        this.silent()
      },
    })
    this.ageing = new Ageing({
      clock,
      receivers: this.receivers,
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
      this.report(
        'failed',
        wasEvents.startTooSlow(pool.name, this.id, this.handle.pid, pool.processModel.startupTimeLimit),
      )
      this.giveUp('startupTimeLimit')
    })
  }

  /** Milliseconds of processor time since its start; undefined where nobody can tell. */
  get processorTime(): number | undefined {
    return this.handle.processorTime?.()
  }

  /** Requests that it has taken and not finished. */
  get executing(): number {
    return this.receivers.reduce((sum, receiver) => sum + receiver.executing, 0)
  }

  /** Connections that its applications have taken over. */
  get tunnels(): number {
    return this.receivers.reduce((sum, receiver) => sum + receiver.tunnels, 0)
  }

  /** Requests that it has taken since it started. */
  get taken(): number {
    return this.receivers.reduce((sum, receiver) => sum + receiver.taken, 0)
  }

  /** Whether a request that this receiver has taken is one of its own. */
  owns(receiver: Receiver): boolean {
    return this.receivers.some((own) => own === receiver)
  }

  /** All that is known of it now. */
  snapshot(): WorkerSnapshot {
    const { id, state, startedAt } = this
    const { pid } = this.handle
    return { id, pid, state, startedAt, ...measure(this.receivers, this.pulses, this.options.clock.now()) }
  }

  /** The applications that it has loaded, or was told to. */
  get applications(): Application[] {
    return [...new Set(this.receivers.flatMap((receiver) => [...receiver.known]))]
  }

  /** It could not be replaced: it may do as much again before that is tried again. */
  stay(): void {
    this.ageing.stay()
  }

  /**
   * Takes no more requests, finishes what it has, closes its applications, ends; killed when the limit has passed.
   *
   * @param event - where one has told of it: kept as its evidence
   */
  stop(reason = 'its pool was stopped', event?: ServerEvent): void {
    if (this.state === 'stopping' || this.state === 'ended') return
    this.state = move(workerMoves, this.state, 'stopping')
    this.why = reason
    this.stopWatching()
    this.remember('stopping', reason, event?.id, event?.facts)
    const { queue, pool, clock } = this.options
    const limit = pool.processModel.shutdownTimeLimit
    for (const receiver of this.receivers) {
      queue.detach(receiver)
      receiver.drain(clock.now() + limit, reason)
    }
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

  private laneReady(): void {
    this.readyLanes++
    if (this.readyLanes < this.receivers.length || this.state !== 'starting') return
    this.cancelLimit()
    this.unfit = whyUnfit(this.failedApplications, this.options.replaces)
    if (this.unfit) {
      this.handle.kill()
      return
    }
    this.state = move(workerMoves, this.state, 'running')
    const { events, pool, clock, queue } = this.options
    events.write(wasEvents.workerStarted(pool.name, this.id, clock.now() - this.startedAt))
    this.remember('ready', 'all its threads have said so')
    this.pulses.start()
    this.ageing.allow(this.options.first)
    this.idle.start()
    for (const receiver of this.receivers) queue.attach(receiver)
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
    const { queue, pool, events } = this.options
    const before = this.state
    this.state = move(workerMoves, this.state, 'ended')
    const lost = this.executing
    for (const receiver of this.receivers) queue.detach(receiver)
    const outcome = this.outcomeFrom(before)
    const inFlight = pool.failure.inFlight === '502' ? 'BAD_GATEWAY' : 'WORKER_LOST'
    const retrySafe = pool.failure.inFlight === 'retrySafe'
    let retried = 0
    for (const receiver of this.receivers) retried += receiver.lose(inFlight, retrySafe)
    if (outcome === 'stopped') {
      events.write(wasEvents.workerStopped(pool.name, this.id, this.why))
      this.remember('ended', this.why)
    } else if (before === 'running') this.report('failed', this.failure(end, lost - retried, retried))
    this.options.onEnded(outcome, end)
  }

  private outcomeFrom(before: WorkerState): WorkerOutcome {
    if (this.condemned || before === 'running') return 'failed'
    if (before === 'stopping') return 'stopped'
    return this.unfit ? 'unfit' : 'neverReady'
  }

  /** Without pools it is the applications that have lost their host. */
  private failure(end: WorkerEnd, lost: number, retried: number): ServerEvent {
    const { config, pool } = this.options
    if (config.isolationMode === 'workerProcess')
      return wasEvents.workerFailed(pool.name, this.id, this.handle.pid, end, lost, retried)
    return iis5Events.hostFailed(this.applications, this.id, end, lost, retried)
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
    for (const receiver of this.receivers) this.options.queue.detach(receiver)
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
