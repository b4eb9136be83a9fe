/** One worker as WAS sees it: starting, running, stopping, ended; never more than one of them. */
import type { Clock } from '../clock.js'
import type { PoolConfig } from '../contract/config.js'
import type { EventLog } from '../contract/events.js'
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
import { wasEvents } from './events.js'
import { move, workerMoves, type WorkerState } from './states.js'

/** How a worker's life went, for its pool. */
export type WorkerOutcome = 'stopped' | 'failed' | 'neverReady'

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
  readonly onReady: () => void
  readonly onEnded: (outcome: WorkerOutcome, end: WorkerEnd) => void
}

export class Worker {
  readonly id: number
  state: WorkerState = 'starting'
  private readonly options: WorkerOptions
  private readonly handle: WorkerHandle
  private readonly receivers: WorkerReceiver[]
  private readonly startedAt: number
  private readyLanes = 0
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

  /** Requests that it has taken and not finished. */
  get executing(): number {
    return this.receivers.reduce((sum, receiver) => sum + receiver.executing, 0)
  }

  /** Takes no more requests, finishes what it has, closes its applications, ends; killed when the limit has passed. */
  stop(): void {
    if (this.state === 'stopping' || this.state === 'ended') return
    this.state = move(workerMoves, this.state, 'stopping')
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
    for (const receiver of this.receivers) queue.attach(receiver)
    this.options.onReady()
  }

  private ended(end: WorkerEnd): void {
    this.cancelLimit()
    const { queue, pool, events } = this.options
    const before = this.state
    this.state = move(workerMoves, this.state, 'ended')
    const lost = this.executing
    for (const receiver of this.receivers) queue.detach(receiver)
    if (before === 'stopping')
      events.write(wasEvents.workerStopped(pool.name, this.id, 'its pool was stopped'))
    else if (before === 'running') events.write(wasEvents.workerFailed(pool.name, this.id, end, lost))
    const inFlight = pool.failure.inFlight === '502' ? 'BAD_GATEWAY' : 'WORKER_LOST'
    for (const receiver of this.receivers) receiver.lose(inFlight)
    this.options.onEnded(
      before === 'stopping' ? 'stopped' : before === 'running' ? 'failed' : 'neverReady',
      end,
    )
  }
}
