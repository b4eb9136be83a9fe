/** Notices that all that a worker can do at one time is stuck: requests wait, and none of those it has comes to an end. */
import type { Lanes } from './lanes.js'
import type { WorkerOptions } from './worker-options.js'

export class DeadlockWatch {
  private readonly lanes: Lanes
  private readonly options: WorkerOptions
  /** Requests that it had finished when it was last looked at, and when that number was last another. */
  private finished = -1
  private since = 0

  constructor(lanes: Lanes, options: WorkerOptions) {
    this.lanes = lanes
    this.options = options
  }

  /** Asked at each answer to a ping; says what is wrong, or null. */
  heed(): string | null {
    const { pool, queue, clock } = this.options
    const { responseDeadlockInterval } = pool.processModel
    if (responseDeadlockInterval === 0) return null
    const { lanes } = this
    const finished = lanes.taken - lanes.executing
    const now = clock.now()
    if (finished !== this.finished || queue.length === 0 || !lanes.isFull) {
      this.finished = finished
      this.since = now
      return null
    }
    const seconds = Math.round((now - this.since) / 1000)
    if (now - this.since < responseDeadlockInterval) return null
    return `all of its ${lanes.executing} requests are stuck: none has ended for ${seconds} s (responseDeadlockInterval), and ${queue.length} wait`
  }
}
