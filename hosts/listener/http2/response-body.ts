/** The body of one response on its HTTP/2 stream, no faster than the client reads, with its trailers. */
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Bytes, RequestContext } from '../../../core/index.js'
import type { ResponseSink } from '../../../core/contract/response.js'
import { ChunkedDecoder } from '../chunked-decoder.js'
import { fieldsOf } from './response-fields.js'

/** How a body ends, as its head says. */
export interface Framing {
  readonly chunked: boolean
  /** Its length, where the head has one. */
  readonly declared: number | null
  readonly isSilent: boolean
  /** A throttle sends it: the request waits for its end even where it is all there. */
  readonly paced: boolean
}

export class ResponseBody implements ResponseSink {
  private readonly ctx: RequestContext
  private readonly stream: ServerHttp2Stream
  private readonly onComplete: () => void
  /** The response has no body: its head was the end of it. */
  private readonly isSilent: boolean
  private readonly paced: boolean
  private readonly decoder: ChunkedDecoder | null
  /** Bytes that the head has declared and that are still to come; null where it has declared none. */
  private left: number | null
  /** Written while the stream was full: acknowledged when it has drained. */
  private held = 0

  constructor(
    ctx: RequestContext,
    stream: ServerHttp2Stream,
    { chunked, declared, isSilent, paced }: Framing,
    onComplete: () => void,
  ) {
    this.ctx = ctx
    this.stream = stream
    this.left = isSilent ? null : declared
    this.isSilent = isSilent
    this.paced = paced
    this.onComplete = onComplete
    this.decoder = chunked && !isSilent ? new ChunkedDecoder(this.send) : null
  }

  /** `count` bytes of the response have led to `data`. */
  pass(data: Uint8Array, count: number): void {
    const { ctx, stream, decoder } = this
    ctx.bytesSent += count
    if (stream.destroyed) return
    try {
      if (decoder) decoder.decode(data)
      else this.send(data)
    } catch {
      this.cut()
      return
    }
    if (!stream.writableNeedDrain && this.held === 0) {
      ctx.response.stream?.consumed(count)
      return
    }
    if (this.held === 0) stream.once('drain', this.onDrain)
    this.held += count
  }

  write(bytes: Bytes): void {
    this.pass(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, bytes.length)
  }

  end(): void {
    const { stream, decoder } = this
    // Shorter than it has said: that must not look like a whole.
    if (this.left !== null && this.left > 0) this.cut()
    else if (!stream.destroyed) {
      if (decoder) this.sendTrailers(decoder.trailers)
      if (!this.isSilent) stream.end()
      this.onComplete()
    }
    this.settle()
  }

  fail(): void {
    this.cut()
    this.settle()
  }

  private cut(): void {
    const { stream } = this
    if (!stream.closed) stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }

  private readonly send = (data: Uint8Array): void => {
    if (data.length === 0 || this.isSilent) return
    if (this.left !== null) {
      if (data.length > this.left) throw new Error('The body is longer than its head has declared')
      this.left -= data.length
    }
    this.stream.write(data)
  }

  private sendTrailers(trailers: readonly string[]): void {
    const { stream } = this
    stream.once('wantTrailers', () => {
      try {
        stream.sendTrailers(fieldsOf(trailers))
      } catch {
        this.cut()
      }
    })
  }

  private readonly onDrain = (): void => {
    const bytes = this.held
    this.held = 0
    this.ctx.response.stream?.consumed(bytes)
  }

  private settle(): void {
    this.stream.off('drain', this.onDrain)
    if (this.ctx.response.stream || this.paced) this.ctx.resume('CONTINUE')
  }
}
