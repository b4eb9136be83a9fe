/** The bytes of one batch of lines while it is collected: small at first, then 64 KB that are used again and again. */
import { Buffer } from 'node:buffer'

/** Bytes after which a batch is handed over without waiting for the clock (http.sys: 64 KB). */
export const BATCH = 65_536
/** A site with a few requests a second needs no more. */
const SMALL = 4096
const MOST_SPARE = 8

const NOTHING = Buffer.alloc(0)

/** Buffers of a full batch that nobody uses now. */
export class SpareBuffers {
  private readonly spare: Buffer[] = []

  take(): Buffer {
    return this.spare.pop() ?? Buffer.allocUnsafeSlow(BATCH)
  }

  /** The buffer itself or the used part of it; others are let go. */
  give({ buffer }: Buffer): void {
    if (buffer.byteLength === BATCH && this.spare.length < MOST_SPARE) this.spare.push(Buffer.from(buffer))
  }
}

export class BatchBuffer {
  bytes: Buffer = NOTHING
  used = 0
  private readonly spare: SpareBuffers

  constructor(spare: SpareBuffers) {
    this.spare = spare
  }

  /** Whether so many bytes more can be had without another batch. */
  takes(most: number): boolean {
    return this.used + most <= BATCH || this.used === 0
  }

  /** Makes room for them. */
  grow(most: number): void {
    const needed = this.used + most
    if (needed <= this.bytes.length) return
    const larger =
      needed <= SMALL
        ? Buffer.allocUnsafeSlow(SMALL)
        : needed <= BATCH
          ? this.spare.take()
          : Buffer.allocUnsafeSlow(needed)
    if (this.used > 0) this.bytes.copy(larger, 0, 0, this.used)
    this.bytes = larger
  }

  /** What was collected, for somebody who will `give` it back, and begins anew. */
  cut(): Buffer {
    const { bytes, used } = this
    this.used = 0
    // Batches may wait long for their disk: those must not hold memory that they do not need.
    if (used * 2 < bytes.length) {
      const exact = Buffer.allocUnsafeSlow(used)
      bytes.copy(exact, 0, 0, used)
      if (bytes.length > SMALL) this.drop()
      return exact
    }
    this.bytes = NOTHING
    return bytes.subarray(0, used)
  }

  /** Nothing is collected for a while. */
  drop(): void {
    this.spare.give(this.bytes)
    this.bytes = NOTHING
    this.used = 0
  }
}
