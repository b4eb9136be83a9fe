/** Keeps the order to drain back while a request that the worker has taken would be overtaken by it. */
import type { Message } from '../contract/messages.js'

export class DrainOrder {
  /** Requests that were taken and that a stage between queue and dispatch still holds. */
  unsent = 0
  private held: Message | null = null

  /** Answers with the order if it may go at once. */
  give(order: Message): Message | null {
    if (this.unsent === 0) return order
    this.held = order
    return null
  }

  /** One of them is sent, or will not be; answers with the order if it was waiting for that. */
  settled(): Message | null {
    this.unsent--
    if (this.unsent > 0 || !this.held) return null
    const { held } = this
    this.held = null
    return held
  }
}
