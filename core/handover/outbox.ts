/** Collects the messages of one tick and posts them as one batch: the hop between threads then costs next to nothing. */
import type { Batch } from '../contract/messages.js'

/** Buffers of at least this many bytes are transferred; below it a copy is cheaper than giving memory away. */
const TRANSFER_FROM = 8_192

/** Requests or responses with which a batch is full: see docs/decisions/batched-messages.md. */
export const FULL_BATCH = 16

export type Post = (batch: Batch, transfer?: ArrayBuffer[]) => void

export class Outbox {
  private readonly post: Post
  private batch: Batch = []
  private transfer: ArrayBuffer[] | undefined
  private scheduled = false
  private count = 0
  /** Runs after each batch was posted. */
  onFlushed: (() => void) | null = null
  /** Runs before each batch is posted: the last chance to add to it. */
  onFlush: (() => void) | null = null

  constructor(post: Post) {
    this.post = post
  }

  /** The batch to push messages on; it will leave at the end of this tick. */
  open(): Batch {
    this.schedule()
    return this.batch
  }

  /**
   * One more request or response is in the batch. A full batch leaves at once, so that the other side works on it while
   * this one gathers the next: waiting for the end of a long tick, the two would take turns instead of working together.
   */
  counted(): void {
    if (++this.count >= FULL_BATCH) this.flush()
  }

  /** Makes sure that a flush comes. */
  schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(this.flush)
  }

  /**
   * Makes `chunk` fit to travel: memory of its own, to be transferred if large. The caller must not touch `chunk`
   * afterwards if `owned` says that nobody else does.
   */
  pack(chunk: Uint8Array, owned: boolean): Uint8Array {
    const whole = chunk.byteOffset === 0 && chunk.byteLength === chunk.buffer.byteLength
    const own = owned && whole ? chunk : new Uint8Array(chunk)
    if (own.byteLength >= TRANSFER_FROM) {
      this.transfer ??= []
      this.transfer.push(own.buffer as ArrayBuffer)
    }
    return own
  }

  readonly flush = (): void => {
    // Still scheduled while the last messages are put in: they leave with this batch.
    this.onFlush?.()
    this.scheduled = false
    if (this.batch.length > 0) {
      const { batch, transfer } = this
      this.batch = []
      this.transfer = undefined
      this.count = 0
      this.post(batch, transfer)
    }
    this.onFlushed?.()
  }
}
