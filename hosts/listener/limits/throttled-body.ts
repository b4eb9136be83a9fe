/** Sends the body of one response on its HTTP/2 stream as fast as its throttle lets it, and no faster than the client reads. */
import type { ServerHttp2Stream } from 'node:http2'
import type { Bytes } from '../../../core/index.js'
import type { ResponseSink } from '../../../core/contract/response.js'
import type { Throttle, Throttled } from './throttle.js'

/** More than so many bytes may not wait in the stream: its client does not read them. */
const ROOM = 65_536

export class ThrottledBody implements ResponseSink, Throttled {
  pending = 0
  private readonly body: ResponseSink
  private readonly stream: ServerHttp2Stream
  private readonly throttle: Throttle
  private readonly parts: Buffer[] = []
  private ended = false
  private over = false

  constructor(body: ResponseSink, stream: ServerHttp2Stream, throttle: Throttle) {
    this.body = body
    this.stream = stream
    this.throttle = throttle
    stream.once('close', this.onClose)
  }

  get ready(): number {
    return Math.min(this.pending, Math.max(0, ROOM - this.stream.writableLength))
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
    if (this.pending === 0 && !this.over) this.finish()
  }

  fail(): void {
    if (this.over) return
    this.leave()
    this.body.fail()
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
      this.body.write(now)
    }
    if (this.ended && this.pending === 0 && !this.over) this.finish()
    return released
  }

  private finish(): void {
    this.leave()
    this.body.end()
  }

  private readonly onClose = (): void => {
    this.leave()
  }

  private leave(): void {
    this.over = true
    this.pending = 0
    this.parts.length = 0
    this.stream.off('close', this.onClose)
    this.throttle.leave(this)
  }
}
