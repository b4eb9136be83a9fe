/**
 * How records travel to a log worker: what requests have in common once, in a flat list, and of each request a row of numbers. A
 * client repeats itself, and one long list is copied to another thread much faster than many small objects.
 */

export type GroupValue = string | number | boolean | undefined

/** Places in a group; the wanted headers follow. */
export const Group = {
  SITE_ID: 0,
  SITE: 1,
  APPLICATION: 2,
  POOL: 3,
  CLIENT_ADDRESS: 4,
  SERVER_ADDRESS: 5,
  SERVER_PORT: 6,
  ENCRYPTED: 7,
  HTTP_VERSION: 8,
  METHOD: 9,
  HOST: 10,
  PATH: 11,
  QUERY: 12,
  USER: 13,
  ERROR: 14,
  HEADERS: 15,
} as const

/** Places in a row. */
export const Row = {
  /** Which of the batch's groups, from 0. */
  GROUP: 0,
  RECEIVED_AT: 1,
  COMPLETED_AT: 2,
  STATUS: 3,
  SUB_STATUS: 4,
  WIN32_STATUS: 5,
  BYTES_RECEIVED: 6,
  BYTES_SENT: 7,
  CLIENT_PORT: 8,
  WORKER: 9,
  CACHE_HIT: 10,
  WIDTH: 11,
} as const

export interface Batch {
  /** Records in it. */
  readonly count: number
  readonly groups: readonly GroupValue[]
  readonly rows: Float64Array
  /** About so many bytes of memory. */
  readonly bytes: number
}

/** What the thread is started with. */
export interface LogStart {
  readonly name: string
  readonly file: string
  readonly options: Readonly<Record<string, unknown>>
  readonly headers: readonly string[]
  readonly directory: string
  /** Names this start of the server. */
  readonly source: string
}
