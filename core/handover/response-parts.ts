/** The parts of a response that follow its first, on their way from a worker to whoever sends them. */
import type { Bytes } from '../contract/messages.js'
import type { ResponseSink, ResponseStream } from '../contract/response.js'

/** What the parts are told of: how much has left, and that nobody wants the rest. */
export interface PartsSource {
  acknowledge(exchange: number, bytes: number): void
  abort(exchange: number): void
}

/** Holds parts until a sink is there; the worker's window bounds how many that can be. */
export class ResponseParts implements ResponseStream {
  private readonly source: PartsSource
  private readonly exchange: number
  private sink: ResponseSink | null = null
  private taps: ResponseSink[] | null = null
  private held: Bytes[] = []
  private state: 'open' | 'ended' | 'failed' | 'cancelled' = 'open'

  constructor(source: PartsSource, exchange: number) {
    this.source = source
    this.exchange = exchange
  }

  pipe(sink: ResponseSink): void {
    this.sink = sink
    for (const part of this.held) sink.write(part)
    this.held = []
    if (this.state === 'ended') sink.end()
    if (this.state === 'failed') sink.fail()
  }

  tap(sink: ResponseSink): void {
    this.taps ??= []
    this.taps.push(sink)
    for (const part of this.held) sink.write(part)
    if (this.state === 'ended') sink.end()
    if (this.state === 'failed' || this.state === 'cancelled') sink.fail()
  }

  consumed(bytes: number): void {
    if (this.state === 'open') this.source.acknowledge(this.exchange, bytes)
  }

  cancel(): void {
    if (this.state !== 'open') return
    this.state = 'cancelled'
    this.held = []
    this.taps?.forEach((tap) => {
      tap.fail()
    })
    this.source.abort(this.exchange)
  }

  /** A part has come from the worker. */
  push(bytes: Bytes): void {
    if (this.state !== 'open') return
    this.taps?.forEach((tap) => {
      tap.write(bytes)
    })
    if (this.sink) this.sink.write(bytes)
    else this.held.push(bytes)
  }

  /** The last part has come. */
  end(): void {
    this.settle('ended', (sink) => {
      sink.end()
    })
  }

  /** The worker has broken off. */
  fail(): void {
    this.settle('failed', (sink) => {
      sink.fail()
    })
  }

  private settle(state: 'ended' | 'failed', tell: (sink: ResponseSink) => void): void {
    if (this.state !== 'open') return
    this.state = state
    this.taps?.forEach(tell)
    if (this.sink) tell(this.sink)
  }
}
