/** Sends the body of one response on its HTTP/2 stream at the pace of a throttle. */
import type { ServerHttp2Stream } from 'node:http2'
import type { ResponseSink } from '../../../core/contract/response.js'
import { PacedParts } from './paced-parts.js'
import type { Throttle } from './throttle.js'

export class ThrottledBody extends PacedParts {
  /** Counts what it is given itself. */
  private readonly body: ResponseSink
  private readonly stream: ServerHttp2Stream

  constructor(body: ResponseSink, stream: ServerHttp2Stream, throttle: Throttle) {
    super(throttle)
    this.body = body
    this.stream = stream
    stream.once('close', this.leave)
  }

  protected override get untaken(): number {
    return this.stream.writableLength
  }

  protected override send(part: Buffer): void {
    this.body.write(part)
  }

  protected override sent(): void {
    return
  }

  protected override settled(complete: boolean): void {
    this.stream.off('close', this.leave)
    if (complete) this.body.end()
    else this.body.fail()
  }
}
