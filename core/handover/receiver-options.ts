/** What a receiver is made of: its worker, its queue, and who hears of it. */
import type { ApplicationSettings } from '../contract/messages.js'
import type { Application } from '../namespace/application.js'
import type { RequestQueue } from '../queue/request-queue.js'
import type { Post } from './outbox.js'
import type { ReceiverObserver } from './read-batch.js'

export interface ReceiverOptions {
  /** Number of its worker; 0 where left out. */
  readonly worker?: number
  readonly queue: RequestQueue
  /** Requests that it executes at one time at most (pool's concurrentRequests). */
  readonly credits: number
  readonly post: Post
  readonly observer: ReceiverObserver
  readonly settingsOf: (application: Application) => ApplicationSettings
}
