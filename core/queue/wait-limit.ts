/** Bounds the time that requests wait in a queue (http.sys: the RequestQueue timer), with one timer for all of them. */
import type { Clock } from '../clock.js'
import type { RequestQueue } from './request-queue.js'

export class WaitLimit {
  private readonly queue: RequestQueue
  private readonly clock: Clock
  private limit: number
  private cancel: (() => void) | null = null

  /** @param limit - in milliseconds, counted from the arrival of a request's head; 0 is no limit */
  constructor(queue: RequestQueue, clock: Clock, limit: number) {
    this.queue = queue
    this.clock = clock
    this.limit = limit
    queue.onWait = () => {
      if (!this.cancel && this.limit > 0) this.wait(this.limit)
    }
  }

  /** Another limit, for those who wait now too. */
  configure(limit: number): void {
    if (limit === this.limit) return
    this.limit = limit
    this.cancel?.()
    this.cancel = null
    if (limit > 0 && this.queue.length > 0) this.wait(0)
  }

  private wait(milliseconds: number): void {
    this.cancel = this.clock.after(milliseconds, () => {
      this.cancel = null
      const now = this.clock.now()
      const oldest = this.queue.refuseOlder(now - this.limit)
      if (oldest !== null) this.wait(Math.max(1, oldest + this.limit - now))
    })
  }
}
