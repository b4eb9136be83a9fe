/** Lets the rest of a response go by that nobody is to get: whoever has tapped it still sees it. */
import type { Bytes } from '../contract/messages.js'
import type { ResponseSink, ResponseStream } from '../contract/response.js'

export class UnreadBody implements ResponseSink {
  private readonly stream: ResponseStream
  private readonly over: () => void

  /** @param over - runs once, when the last part has come or none will. */
  constructor(stream: ResponseStream, over: () => void = () => undefined) {
    this.stream = stream
    this.over = over
  }

  write(bytes: Bytes): void {
    this.stream.consumed(bytes.length)
  }

  end(): void {
    this.over()
  }

  fail(): void {
    this.over()
  }
}
