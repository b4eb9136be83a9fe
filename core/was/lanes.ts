/** The event loops of one worker that take requests, as one: each is spoken to by a receiver of its own. */
import type { Receiver } from '../contract/receiver.js'
import { ToWorker, type Batch, type Message, type WorkerSettings } from '../contract/messages.js'
import type { WorkerHandle } from '../contract/worker-host.js'
import type { ErrorCode } from '../errors.js'
import type { ReceiverObserver } from '../handover/read-batch.js'
import { WorkerReceiver } from '../handover/worker-receiver.js'
import type { Application } from '../namespace/application.js'
import type { WorkerOptions } from './worker-options.js'

/** What a worker hears of its lanes. */
export interface LanesObserver extends Omit<ReceiverObserver, 'drained' | 'pong' | 'event'> {
  pong(lane: number, memory: number, utilisation: number, unhealthy: string | null): void
}

export class Lanes {
  readonly receivers: readonly WorkerReceiver[]
  private readonly queue: WorkerOptions['queue']

  constructor(
    handle: WorkerHandle,
    options: WorkerOptions,
    settings: WorkerSettings,
    observer: LanesObserver,
  ) {
    const { id, queue, pool, settingsOf, wanted, events } = options
    this.queue = queue
    this.receivers = Array.from({ length: handle.lanes }, (_value, lane) => {
      const receiver = new WorkerReceiver({
        worker: id,
        queue,
        credits: pool.concurrentRequests,
        settingsOf,
        post: (batch, transfer) => {
          handle.post(lane, batch, transfer)
        },
        observer: {
          ready: () => {
            observer.ready()
          },
          drained: () => undefined,
          applicationFailed: (application) => {
            observer.applicationFailed(application)
          },
          pong: (memory, utilisation, unhealthy) => {
            observer.pong(lane, memory, utilisation, unhealthy)
          },
          event: (event) => {
            events.write(event)
          },
          illFormed: (what) => {
            observer.illFormed(what)
          },
        },
      })
      for (const application of wanted) receiver.knows(application)
      receiver.tell([ToWorker.START, settings])
      return receiver
    })
  }

  get count(): number {
    return this.receivers.length
  }

  /** Requests that they have taken and not finished. */
  get executing(): number {
    return this.receivers.reduce((sum, { executing }) => sum + executing, 0)
  }

  /** Connections that applications have taken over. */
  get tunnels(): number {
    return this.receivers.reduce((sum, { tunnels }) => sum + tunnels, 0)
  }

  /** Requests that they have taken since the start. */
  get taken(): number {
    return this.receivers.reduce((sum, { taken }) => sum + taken, 0)
  }

  /** Whether none of them can take one more request. */
  get isFull(): boolean {
    return this.receivers.every(({ credits }) => credits <= 0)
  }

  /** The applications that they have loaded, or were told to. */
  get applications(): Application[] {
    return [...new Set(this.receivers.flatMap((receiver) => [...receiver.known]))]
  }

  owns(receiver: Receiver): boolean {
    return this.receivers.some((own) => own === receiver)
  }

  receive(lane: number, batch: Batch): void {
    this.receivers[lane]?.receive(batch)
  }

  tell(message: Message): void {
    for (const receiver of this.receivers) receiver.tell(message)
  }

  /** Requests come to them from now on. */
  attach(): void {
    for (const receiver of this.receivers) this.queue.attach(receiver)
  }

  detach(): void {
    for (const receiver of this.receivers) this.queue.detach(receiver)
  }

  /** They take no more, finish what they have, and end. */
  drain(deadline: number, reason: string): void {
    for (const receiver of this.receivers) {
      this.queue.detach(receiver)
      receiver.drain(deadline, reason)
    }
  }

  /** The worker has ended; answers how many requests have gone back to the queue. */
  lose(code: ErrorCode, retrySafe: boolean): number {
    return this.receivers.reduce((sum, receiver) => sum + receiver.lose(code, retrySafe), 0)
  }
}
