/** A filter (ISAPI: HttpFilterProc): hears of the stages of every request of its scope, and may change them. */
import type { Static, TObject, TSchema } from 'typebox'
import type { HttpContext } from './http-context.js'
import type { WorkerScope } from './worker-module.js'

/**
 * What a notification answers (ISAPI: SF_STATUS_TYPE). `REQ_NEXT_NOTIFICATION`: go on. `REQ_HANDLED_NOTIFICATION`: go on, but no
 * other filter hears of this notification. `REQ_FINISHED`: the filter has answered, the connection is closed.
 * `REQ_FINISHED_KEEP_CONN`: the same, the connection stays. `REQ_ERROR`: 500. `REQ_READ_NEXT`: readRawData only, more bytes please.
 */
export type FilterStatus =
  | 'REQ_FINISHED'
  | 'REQ_FINISHED_KEEP_CONN'
  | 'REQ_NEXT_NOTIFICATION'
  | 'REQ_HANDLED_NOTIFICATION'
  | 'REQ_ERROR'
  | 'REQ_READ_NEXT'

/** A status, or a promise of one where the notification may wait. */
export type FilterAnswer = FilterStatus | Promise<FilterStatus>

/** What a filter can do at any notification of a request (ISAPI: HTTP_FILTER_CONTEXT). */
export interface FilterContext<O = unknown> {
  readonly options: O
  /** The request beneath. */
  readonly context: HttpContext
  /** The filter's own, for the life of the connection (pFilterContext). */
  connectionContext: unknown
  /** The filter's own, for the life of the request. */
  requestContext: unknown
  /** fIsSecurePort */
  readonly isSecurePort: boolean
  /** GetServerVariable */
  getServerVariable(name: string): string | undefined
  /** AddResponseHeaders: names and values in turn, beside those that the response gets. */
  addResponseHeaders(headers: readonly string[]): void
  /** WriteClient: a part of the filter's own answer; false: wait for 'drain' of `context.response`. */
  writeClient(chunk: string | Uint8Array): boolean
  /** SF_REQ_SEND_RESPONSE_HEADER: begins the filter's own answer. */
  sendResponseHeader(status: number, headers?: readonly string[]): void
  /** SF_REQ_ADD_HEADERS_ON_DENIAL: only on a 401. */
  addHeadersOnDenial(headers: readonly string[]): void
  /** SF_REQ_GET_CONNID */
  getConnectionId(): number
  /** SF_REQ_GET_PROPERTY with SF_PROPERTY_INSTANCE_NUM_ID: the number of the site. */
  getInstanceId(): number
  /** SF_REQ_NORMALIZE_URL: decoded, without dot segments. */
  normalizeUrl(url: string): string
  /** SF_REQ_DISABLE_NOTIFICATIONS: this filter hears no more of these for the rest of the request. */
  disableNotifications(...notifications: readonly FilterNotification[]): void
}

/** Header access of SF_NOTIFY_PREPROC_HEADERS and SF_NOTIFY_AUTH_COMPLETE; `url`, `method` and `version` are not fields. */
export interface RequestHeaders {
  /** Path and query below the application; another one may be set. */
  url: string
  method: string
  readonly version: string
  /** Of a field by its name; undefined where there is none. */
  getHeader(name: string): string | undefined
  /** '' takes it away. */
  setHeader(name: string, value: string): void
  /** One more field, beside those of the same name. */
  addHeader(name: string, value: string): void
}

/** SF_NOTIFY_SEND_RESPONSE */
export interface ResponseHeaders {
  status: number
  /** Of a field by its name; undefined where there is none. */
  getHeader(name: string): string | undefined
  /** '' takes it away. */
  setHeader(name: string, value: string): void
  /** One more field, beside those of the same name. */
  addHeader(name: string, value: string): void
}

/** SF_NOTIFY_URL_MAP */
export interface UrlMap {
  readonly url: string
  physicalPath: string
}

/** SF_NOTIFY_AUTHENTICATION: '' for an anonymous request. */
export interface Credentials {
  user: string
  password: string
}

/** SF_NOTIFY_ACCESS_DENIED */
export interface AccessDenied {
  readonly url: string
  readonly physicalPath: string
  /** By sub-status: 1 logon, 2 configuration, 3 resource, 4 filter, 5 application. */
  readonly reason: 'LOGON' | 'BY_CONFIG' | 'RESOURCE' | 'FILTER' | 'APPLICATION'
}

/** SF_NOTIFY_LOG: what is set here is what the listener logs. */
export interface FilterLog {
  readonly clientHostName: string
  clientUserName: string
  readonly serverName: string
  operation: string
  target: string
  parameters: string
  httpStatus: number
  win32Status: number
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** SF_NOTIFY_READ_RAW_DATA and SF_NOTIFY_SEND_RAW_DATA */
export interface RawData {
  data: Buffer
}

/** What a raw filter knows: a connection, and nothing of a request yet. */
export interface RawFilterContext<O = unknown> {
  readonly options: O
  connectionContext: unknown
  readonly remoteAddress: string
  readonly isSecurePort: boolean
}

/** The notifications, in the order in which they come (facts: learn.microsoft.com, "ISAPI filter event notification types"). */
export interface FilterNotifications<O = unknown> {
  /** Bytes from the client. In isolationMode iis5 only, for filters of the whole server. Synchronous. */
  readRawData?(pfc: RawFilterContext<O>, raw: RawData): FilterStatus
  /** PREPROC_HEADERS: URL, method and fields may still be changed. */
  preprocHeaders?(pfc: FilterContext<O>, headers: RequestHeaders): FilterAnswer
  /** URL_MAP: another file may be put in place. */
  urlMap?(pfc: FilterContext<O>, map: UrlMap): FilterAnswer
  /** AUTHENTICATION: user and password of basic authentication. */
  authentication?(pfc: FilterContext<O>, credentials: Credentials): FilterAnswer
  /** AUTH_COMPLETE: the user is known; as PREPROC_HEADERS. */
  authComplete?(pfc: FilterContext<O>, headers: RequestHeaders): FilterAnswer
  /** Before an answer of 401. Synchronous; with `REQ_FINISHED…` the filter has answered itself. */
  accessDenied?(pfc: FilterContext<O>, denied: AccessDenied): FilterStatus
  /** Just before the head of the response leaves. Synchronous. */
  sendResponse?(pfc: FilterContext<O>, headers: ResponseHeaders): FilterStatus
  /** Bytes to the client. In isolationMode iis5 only, for filters of the whole server. Synchronous. */
  sendRawData?(pfc: RawFilterContext<O>, raw: RawData): FilterStatus
  /** Synchronous: the last bytes of the response wait for it. */
  log?(pfc: FilterContext<O>, record: FilterLog): void
  /** END_OF_REQUEST: always runs. */
  endOfRequest?(pfc: FilterContext<O>): void
  /** The connection has closed; what the filter kept on it is all there is. */
  endOfNetSession?(connectionContext: unknown): void
}

/** The name of a notification. */
export type FilterNotification = keyof FilterNotifications

export interface FilterDefinition<O extends TSchema = TObject> extends FilterNotifications<Static<O>> {
  readonly name: string
  readonly options?: O
  /** The range of webgarden versions it works with. */
  readonly webgarden?: string
  /** SF_NOTIFY_ORDER_…; among equals the order of the configuration counts. Default: low. */
  readonly priority?: 'high' | 'medium' | 'low'
  /** SF_NOTIFY_SECURE_PORT, SF_NOTIFY_NONSECURE_PORT. Default: both. */
  readonly port?: 'secure' | 'nonSecure' | 'both'
  /** GetFilterVersion: once for each application that has it, before the first request. */
  load?(scope: WorkerScope, options: Static<O>): void | Promise<void>
  /** TerminateFilter: the worker drains; milliseconds since the epoch. */
  unload?(deadline: number): void | Promise<void>
}

export interface FilterModule<O extends TSchema = TSchema> extends FilterDefinition<O> {
  readonly kind: 'filter'
}
