/** Requests that have ended in a listener process, as they travel to the log stages, which run in the server alone. */
import type { ErrorCode, HttpVersion } from '../../core/index.js'
import type { ApplicationName } from './messages.js'

/** What many requests of one batch have in common. */
export interface RecordGroup {
  readonly application: ApplicationName | null
  readonly method: string
  readonly target: string
  readonly httpVersion: HttpVersion
  readonly headers: string
  readonly host: string
  readonly path: string
  readonly query: string
  readonly url: string
  readonly remoteAddress: string
  readonly localAddress: string
  readonly localPort: number
  readonly encrypted: boolean
  readonly error: ErrorCode | null
}

export interface Records {
  readonly groups: readonly RecordGroup[]
  /** WIDTH numbers for each request. */
  readonly rows: Float64Array
}

/** Places of the numbers of one request. */
export const Row = {
  GROUP: 0,
  RECEIVED_AT: 1,
  COMPLETED_AT: 2,
  STATUS: 3,
  SUB_STATUS: 4,
  WIN32_STATUS: 5,
  BYTES_SENT: 6,
  BODY_BYTES: 7,
  REMOTE_PORT: 8,
  FROM_CACHE: 9,
  WIDTH: 10,
} as const
