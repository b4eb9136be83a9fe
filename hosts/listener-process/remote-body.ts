/** The body of a request, or the client's half of a tunnel, that comes from a listener process. */
import { Duplex } from 'node:stream'

/** Bytes that wait here before the process is told to hold back; its window is the real bound. */
const ROOM = 65_536

export class RemoteBody extends Duplex {
  rawTrailers: readonly string[] = []
  /** All of it has come. */
  complete = false
  private unread = 0
  private readonly acknowledge: (bytes: number) => void
  private readonly onEnd: () => void

  /** @param onEnd - the application has ended its half of a tunnel */
  constructor(acknowledge: (bytes: number) => void, onEnd: () => void) {
    super({ readableHighWaterMark: ROOM, allowHalfOpen: true })
    this.acknowledge = acknowledge
    this.onEnd = onEnd
    this.on('error', () => undefined)
  }

  body(chunk: Uint8Array): void {
    if (this.destroyed) return
    this.unread += chunk.byteLength
    if (this.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) this._read()
  }

  bodyEnd(trailers: string): void {
    this.complete = true
    this.rawTrailers = trailers === '' ? [] : trailers.split('\n')
    if (!this.destroyed) this.push(null)
  }

  override _read(): void {
    const { unread } = this
    this.unread = 0
    if (unread > 0) this.acknowledge(unread)
  }

  override _final(callback: () => void): void {
    this.onEnd()
    callback()
  }
}
