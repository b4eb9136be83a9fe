/** What a request is answered with: either raw bytes from a worker or the cache, or fields set by a stage. */
import type { Bytes } from '../contract/messages.js'
import type { ResponseStream } from '../contract/response.js'

/**
 * One fixed shape. `raw` is set for a response that came as bytes (head first); `status` is known in either case.
 * Without `raw`, `headers` and `body` are what the listener makes the bytes from.
 */
export class Response {
  /** 0 as long as there is no response. */
  status = 0
  subStatus = 0
  /** Head, and body if there is no stream, exactly as they go on the wire of an HTTP/1 connection. */
  raw: Bytes | null = null
  /** The parts that follow `raw`. */
  stream: ResponseStream | null = null
  /** Names and values in turn; the writer adds Date, Content-Length and Connection. */
  headers: readonly string[] = NO_HEADERS
  body: Bytes | null = null
  /** The connection ends with this response. */
  close = false
  /** Cut the connection with a TCP reset instead of answering. */
  reset = false
  /** Comes from the listener's cache (or is a 304 made from it): must not be stored again. */
  fromCache = false
  /** The worker must be asked each time. */
  noStore = false
}

const NO_HEADERS: readonly string[] = []
