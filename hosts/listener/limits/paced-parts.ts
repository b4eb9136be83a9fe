/** The bytes of one response that wait for their turn: sent as fast as a throttle lets them, and no faster than the client reads. */
import type { Bytes } from '../../../core/index.js'
import type { ResponseSink } from '../../../core/contract/response.js'
import type { Throttle, Throttled } from './throttle.js'

/** More than so many bytes may not wait for a client: it does not read them. */
const ROOM = 65_536

export abstract class PacedParts implements ResponseSink, Throttled {
  pending = 0
  private readonly throttle: Throttle
  private readonly parts: Buffer[] = []
  private ended = false
  private over = false

  constructor(throttle: Throttle) {
    this.throttle = throttle
  }

  /** Bytes that were sent and that the client has not taken. */
  protected abstract get untaken(): number
  protected abstract send(part: Buffer): void
  /** So many bytes have been sent. */
  protected abstract sent(bytes: number): void
  /** Called once: all has been sent, or no more will come. */
  protected abstract settled(complete: boolean): void

  get ready(): number {
    return Math.min(this.pending, Math.max(0, ROOM - this.untaken))
  }

  write(bytes: Bytes): void {
    if (this.over || bytes.length === 0) return
    const part =
      typeof bytes === 'string'
        ? Buffer.from(bytes, 'latin1')
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.parts.push(part)
    this.pending += part.length
    this.throttle.enter(this)
  }

  end(): void {
    this.ended = true
    if (this.pending === 0) this.settle(true)
  }

  fail(): void {
    this.settle(false)
  }

  release(most: number): number {
    const released = Math.min(most, this.ready)
    let left = released
    this.pending -= released
    while (left > 0 && !this.over) {
      const part = this.parts[0] as Buffer
      const now = part.length <= left ? part : part.subarray(0, left)
      if (now === part) this.parts.shift()
      else this.parts[0] = part.subarray(left)
      left -= now.length
      this.send(now)
    }
    this.sent(released)
    if (this.ended && this.pending === 0) this.settle(true)
    return released
  }

  /** The client has gone. */
  protected readonly leave = (): void => {
    this.over = true
    this.pending = 0
    this.parts.length = 0
    this.throttle.leave(this)
  }

  private settle(complete: boolean): void {
    if (this.over) return
    this.leave()
    this.settled(complete)
  }
}
