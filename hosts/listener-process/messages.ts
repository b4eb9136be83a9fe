/** What the server and its listener processes say to each other, beside the batches that workers speak in. */
import type { FlushTarget, ServerConfig, ServerEvent } from '../../core/index.js'
import type { Batch } from '../../core/contract/messages.js'
import type { Endpoint } from '../listener/endpoint.js'
import type { Records } from './records.js'

/** What a listener process must know before it accepts. */
export interface ProcessSettings {
  /** How many processes there are: they share the memory that one cache may use. */
  readonly count: number
  readonly config: ServerConfig
  /** Options of the standard stages that run in it; undefined where requests must be asked about in the server. */
  readonly cached: { readonly validate: Options; readonly cache: Options } | undefined
}

type Options = Readonly<Record<string, unknown>>

/** A request that has changed something: what stored responses it makes untrue is for the cache to say. */
export interface ChangingRequest {
  readonly application: ApplicationName
  readonly method: string
  readonly target: string
  readonly host: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly localAddress: string
  readonly localPort: number
  readonly encrypted: boolean
  readonly status: number
  /** The head of its response. */
  readonly head: string
}

/** Numbers are the server's own: a process names an application as the configuration does. */
export interface ApplicationName {
  readonly site: string
  readonly path: string
}

export type ToProcess =
  | { readonly kind: 'start'; readonly settings: ProcessSettings }
  /** Comes with the listening socket's handle. */
  | { readonly kind: 'listen'; readonly socket: number; readonly endpoint: Endpoint }
  | { readonly kind: 'stopListening'; readonly socket: number }
  | { readonly kind: 'closeListening'; readonly socket: number }
  | { readonly kind: 'configure'; readonly config: ServerConfig }
  | { readonly kind: 'changed'; readonly number: number; readonly request: ChangingRequest }
  | { readonly kind: 'flush'; readonly number: number; readonly what: FlushTarget | undefined }
  /** The request of this exchange is for this site, whose limits its connection is held to from now on. */
  | { readonly kind: 'site'; readonly exchange: number; readonly site: string }
  /** Workers of a pool have ended or were told to: the count of it. */
  | { readonly kind: 'recycled'; readonly pool: string; readonly edition: number }
  | { readonly kind: 'proxyProtocol'; readonly socket: number; readonly on: boolean }
  | { readonly kind: 'batch'; readonly batch: Batch }
  /** Each connection gets one more answer, within so many milliseconds. */
  | { readonly kind: 'drain'; readonly grace: number }
  | { readonly kind: 'close' }
  | { readonly kind: 'destroy'; readonly but: 'tunnels' | undefined }
  | { readonly kind: 'end' }

export type FromProcess =
  | { readonly kind: 'ready' }
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'records'; readonly records: Records }
  | { readonly kind: 'connections'; readonly count: number }
  | { readonly kind: 'event'; readonly event: ServerEvent }
  /** What the request or the flush of this number has made untrue is forgotten. */
  | { readonly kind: 'forgotten'; readonly number: number }
  /** After `drain`. */
  | { readonly kind: 'drained' }
  /** After `close`: no requests are left, but tunnels maybe. */
  | { readonly kind: 'requestsDone' }
  /** After `close`: no connection is left. */
  | { readonly kind: 'closed' }
  /** After `end`: all records have been sent. */
  | { readonly kind: 'ended' }

/** In a batch from a process, beside those of `ToWorker`: kind, exchange, error code that ends the request. */
export const INTERRUPT = 100
/** Likewise, before `ABORT`: kind, exchange, error code for which its connection has been cut. */
export const CUT = 101
