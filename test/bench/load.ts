/** What a driver is told and what it answers. */

/** Connections of every run that names no other number. */
export const CONNECTIONS = 64

export interface Load {
  readonly url: string
  /** The Host header, where it is not that of the URL. */
  readonly host?: string
  /** Bytes of the body of each request; a request with a body is a POST. */
  readonly bodySize?: number
  readonly seconds: number
  readonly connections?: number
}

export interface LoadResult {
  /** Requests that were answered. */
  readonly requests: number
  readonly perSecond: number
  /** Answers that were not 2xx or 3xx, and requests that got none. */
  readonly failures: number
}

export interface Driver {
  readonly name: string
  readonly drive: (load: Load) => Promise<LoadResult>
}
