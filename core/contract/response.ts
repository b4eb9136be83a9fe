/** The response of one request, on its way from a worker, the cache or a stage to the client. */
import type { Bytes } from './messages.js'

/** Where the parts of a response go that come after its first. */
export interface ResponseSink {
  /** A part of the response, in order. */
  write(bytes: Bytes): void
  /** Nothing follows. */
  end(): void
  /** The source broke off: what was sent cannot be completed. */
  fail(): void
}

/** The rest of a response that did not come in one piece; holds parts back until somebody listens. */
export interface ResponseStream {
  /** Directs all parts, those already here first, to `sink`. Called once, by whoever sends. */
  pipe(sink: ResponseSink): void
  /** Sees each part before it is sent, without slowing it; for a cache that wants to keep it. */
  tap(sink: ResponseSink): void
  /** So many bytes have left for the client: their source may send as many more. */
  consumed(bytes: number): void
  /** Nobody wants the rest. */
  cancel(): void
}
