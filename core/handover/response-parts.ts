/** The parts of a response that follow its first, on their way from a worker to whoever sends them. */
import type { Bytes } from '../contract/messages.js'
import type { ServerEvent } from '../contract/events.js'
import type { ResponseSink, ResponseStream } from '../contract/response.js'

/** What the parts are told of: how much has left, and that nobody wants the rest. */
export interface PartsSource {
  acknowledge(exchange: number, bytes: number): void
  abort(exchange: number): void
  /** Somebody who only looked on has failed. */
  tapFailed(error: unknown): void
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
    const { held, state } = this
    this.tellTaps((tap) => {
      if (tap !== sink) return
      for (const part of held) tap.write(part)
      if (state === 'ended') tap.end()
      if (state === 'failed' || state === 'cancelled') tap.fail()
    })
  }

  consumed(bytes: number): void {
    if (this.state === 'open') this.source.acknowledge(this.exchange, bytes)
  }

  cancel(): void {
    if (this.state !== 'open') return
    this.state = 'cancelled'
    this.held = []
    this.tellTaps((tap) => {
      tap.fail()
    })
    this.source.abort(this.exchange)
  }

  /** A part has come from the worker. */
  push(bytes: Bytes): void {
    if (this.state !== 'open') return
    this.tellTaps((tap) => {
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
    this.tellTaps(tell)
    if (this.sink) tell(this.sink)
  }

  /** Taps are strangers' code, and the response is not theirs: one that throws sees no more of it. */
  private tellTaps(tell: (tap: ResponseSink) => void): void {
    if (!this.taps) return
    this.taps = this.taps.filter((tap) => {
      try {
        tell(tap)
        return true
      } catch (error) {
        this.source.tapFailed(error)
        return false
      }
    })
  }
}

/** What the administrator hears of a tap that failed. */
export const tapFailure = (error: unknown): ServerEvent => ({
  id: 0,
  level: 'error',
  source: 'module',
  text: 'A module that looked on at a response failed; the response went on without it.',
  facts: { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
})
