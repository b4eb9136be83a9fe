/** One worker as WAS sees it: starting, running, stopping, ended; never more than one of them. */
import type { Clock } from '../clock.js'
import type { PoolConfig } from '../contract/config.js'
import type { EventLog, ServerEvent } from '../contract/events.js'
import {
  ToWorker,
  type AdapterSettings,
  type ApplicationSettings,
  type WorkerSettings,
} from '../contract/messages.js'
import type { WorkerEnd, WorkerHandle, WorkerHost } from '../contract/worker-host.js'
import { WorkerReceiver } from '../handover/worker-receiver.js'
import type { Application } from '../namespace/application.js'
import type { RequestQueue } from '../queue/request-queue.js'
import { Health } from './health.js'
import { type HistoryEntry } from './history.js'
import { afterLong, memoryReason, type RecycleReason } from './recycling.js'
import { wasEvents } from './events.js'
import { move, workerMoves, type WorkerState } from './states.js'

/** How a worker's life went, for its pool. */
export type WorkerOutcome = 'stopped' | 'failed' | 'neverReady'

export interface WorkerSnapshot {
  readonly id: number
  /** Of its process, where it has one of its own. */
  readonly pid: number | undefined
  readonly state: WorkerState
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Requests taken since its start, and those of them that have not been answered. */
  readonly taken: number
  readonly executing: number
  /** Age of the oldest request that it has, in milliseconds. */
  readonly oldestRequest: number | undefined
  /** When its most silent thread answered a ping last, milliseconds since the epoch. */
  readonly lastPong: number | undefined
  /** Bytes in use in all threads as of their last answers. */
  readonly memory: number
  /** How busy the busiest thread was at its last answer: 0 to 1. */
  readonly utilisation: number | undefined
}

export interface WorkerOptions {
  readonly id: number
  readonly pool: PoolConfig
  readonly queue: RequestQueue
  readonly host: WorkerHost
  readonly clock: Clock
  readonly events: EventLog
  /** Applications that requests are waiting for: loaded before the worker says that it is ready. */
  readonly wanted: readonly Application[]
  readonly adapters: readonly AdapterSettings[]
  readonly settingsOf: (application: Application) => ApplicationSettings
  /** Kept for whoever asks afterwards. */
  readonly remember: (entry: HistoryEntry) => void
  /** What it may do before it is replaced the first time: milliseconds and requests, 0 is no limit. */
  readonly first: { readonly time: number; readonly requests: number }
  /** It has become old. Never called while a request is being handed over. */
  readonly onOld: (reason: RecycleReason) => void
  readonly onReady: () => void
  /** It takes no more requests from now on, though it has not ended. */
  readonly onCondemned: () => void
  readonly onEnded: (outcome: WorkerOutcome, end: WorkerEnd) => void
}

/** A worker that is too large and could not be replaced is looked at again after so many milliseconds. */
const HEED_AGAIN = 300_000

export class Worker {
  readonly id: number
  state: WorkerState = 'starting'
  private readonly options: WorkerOptions
  private readonly handle: WorkerHandle
  private readonly receivers: WorkerReceiver[]
  private readonly startedAt: number
  private readonly pulses: Health[] = []
  private cancelAge: () => void = () => undefined
  private heedMemoryFrom = 0
  private readyLanes = 0
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
    this.remember('started', 'a request waits, or a garden grows')
    this.receivers = Array.from({ length: this.handle.lanes }, (_value, lane) => {
      const receiver = new WorkerReceiver({
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
          pong: (memory, utilisation) => {
            this.pulses[lane]?.answered(memory, utilisation)
            this.heedMemory()
          },
          event: (event) => {
            options.events.write(event)
          },
          illFormed: (what) => {
            options.events.write(wasEvents.workerNotTrusted(pool.name, this.id, what))
            this.handle.kill()
          },
        },
      })
      for (const application of wanted) receiver.knows(application)
      receiver.tell([ToWorker.START, this.settings()])
      return receiver
    })
    this.cancelLimit = clock.after(pool.processModel.startupTimeLimit, () => {
      options.events.write(wasEvents.startTooSlow(pool.name, this.id, pool.processModel.startupTimeLimit))
      this.handle.kill()
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

  /** Requests that it has taken since it started. */
  get taken(): number {
    return this.receivers.reduce((sum, receiver) => sum + receiver.taken, 0)
  }

  /** All that is known of it now. */
  snapshot(): WorkerSnapshot {
    const now = this.options.clock.now()
    const pongs = this.pulses.flatMap(({ pong }) => (pong ? [pong] : []))
    const since = this.receivers.flatMap(({ oldestSince }) =>
      oldestSince === undefined ? [] : [oldestSince],
    )
    return {
      id: this.id,
      pid: this.handle.pid,
      state: this.state,
      startedAt: this.startedAt,
      taken: this.taken,
      executing: this.executing,
      oldestRequest: since.length > 0 ? now - Math.min(...since) : undefined,
      lastPong: pongs.length > 0 ? Math.min(...pongs.map(({ at }) => at)) : undefined,
      memory: pongs.reduce((sum, { memory }) => sum + memory, 0),
      utilisation: pongs.length > 0 ? Math.max(...pongs.map(({ utilisation }) => utilisation)) : undefined,
    }
  }

  /** The applications that it has loaded, or was told to. */
  get applications(): Application[] {
    return [...new Set(this.receivers.flatMap((receiver) => [...receiver.known]))]
  }

  /** It could not be replaced: it may do as much again before that is tried again. */
  stay(): void {
    this.limit(this.options.pool.recycling.periodicRestart)
    this.heedMemoryFrom = this.options.clock.now() + HEED_AGAIN
  }

  /** Takes no more requests, finishes what it has, closes its applications, ends; killed when the limit has passed. */
  stop(reason = 'its pool was stopped'): void {
    if (this.state === 'stopping' || this.state === 'ended') return
    this.state = move(workerMoves, this.state, 'stopping')
    this.why = reason
    this.stopPinging()
    this.remember('stopping', reason)
    const { queue, pool, clock, events } = this.options
    const limit = pool.processModel.shutdownTimeLimit
    for (const receiver of this.receivers) {
      queue.detach(receiver)
      receiver.tell([ToWorker.DRAIN, limit])
    }
    this.cancelLimit()
    this.cancelLimit = clock.after(limit, () => {
      events.write(wasEvents.stopTooSlow(pool.name, this.id, limit, this.executing))
      this.handle.kill()
    })
  }

  /** Ends it at once. */
  kill(): void {
    this.handle.kill()
  }

  private settings(): WorkerSettings {
    const { pool, wanted, adapters, settingsOf } = this.options
    return {
      workerId: this.id,
      pool: pool.name,
      startupTimeLimit: pool.processModel.startupTimeLimit,
      applications: wanted.map(settingsOf),
      adapters,
    }
  }

  private laneReady(): void {
    this.readyLanes++
    if (this.readyLanes < this.receivers.length || this.state !== 'starting') return
    this.cancelLimit()
    this.state = move(workerMoves, this.state, 'running')
    const { events, pool, clock, queue } = this.options
    events.write(wasEvents.workerStarted(pool.name, this.id, clock.now() - this.startedAt))
    this.remember('ready', 'all its threads have said so')
    this.startPinging()
    this.limit(this.options.first)
    for (const receiver of this.receivers) queue.attach(receiver)
    this.options.onReady()
  }

  private ended(end: WorkerEnd): void {
    this.cancelLimit()
    this.stopPinging()
    const { queue, pool, events } = this.options
    const before = this.state
    this.state = move(workerMoves, this.state, 'ended')
    const lost = this.executing
    for (const receiver of this.receivers) queue.detach(receiver)
    const outcome =
      this.condemned || before === 'running' ? 'failed' : before === 'stopping' ? 'stopped' : 'neverReady'
    if (outcome === 'stopped') {
      events.write(wasEvents.workerStopped(pool.name, this.id, this.why))
      this.remember('ended', this.why)
    } else if (before === 'running')
      this.report('failed', wasEvents.workerFailed(pool.name, this.id, end, lost))
    const inFlight = pool.failure.inFlight === '502' ? 'BAD_GATEWAY' : 'WORKER_LOST'
    for (const receiver of this.receivers) receiver.lose(inFlight)
    this.options.onEnded(outcome, end)
  }

  private startPinging(): void {
    const { pool, clock } = this.options
    const { pingingEnabled, pingInterval, pingResponseTime } = pool.processModel
    if (!pingingEnabled) return
    for (const receiver of this.receivers) {
      const health = new Health({
        clock,
        interval: pingInterval,
        responseTime: pingResponseTime,
        ping: () => {
          receiver.tell([ToWorker.PING])
        },
        onSilent: () => {
          this.silent()
        },
      })
      this.pulses.push(health)
      health.start()
    }
  }

  /** So much more it may do from now on. With several threads each has its share of the requests. */
  private limit({ time, requests }: WorkerOptions['first']): void {
    this.cancelAge()
    const old = (reason: RecycleReason) => () => {
      if (this.state === 'running') this.options.onOld(reason)
    }
    if (time > 0) this.cancelAge = afterLong(this.options.clock, time, old('Time'))
    if (requests === 0) return
    const share = Math.ceil(requests / this.receivers.length)
    for (const receiver of this.receivers) {
      receiver.takenLimit = receiver.taken + share
      // The request that reaches the limit has been taken but not been sent: it must go before the order to drain.
      receiver.onTakenLimit = () => setImmediate(old('Requests'))
    }
  }

  private heedMemory(): void {
    if (this.state !== 'running' || this.options.clock.now() < this.heedMemoryFrom) return
    const { memory } = this.snapshot()
    const reason = memoryReason(memory, this.options.pool.recycling.periodicRestart)
    if (reason) this.options.onOld(reason)
  }

  private stopPinging(): void {
    for (const pulse of this.pulses) pulse.stop()
    this.cancelAge()
  }

  /** One of its event loops does not turn any more: it gets no more work, and is ended. */
  private silent(): void {
    if (this.state !== 'running') return
    const { pool, queue } = this.options
    this.condemned = true
    this.state = move(workerMoves, this.state, 'stopping')
    this.stopPinging()
    this.report(
      'failed',
      wasEvents.noPong(pool.name, this.id, pool.processModel.pingResponseTime, this.snapshot()),
    )
    for (const receiver of this.receivers) queue.detach(receiver)
    this.handle.kill()
    this.options.onCondemned()
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
