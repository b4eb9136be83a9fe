/**
 * The hand-over protocol between listener and worker: tagged messages laid end to end in one flat array per tick.
 *
 * Flat, and with small integers as tags, because the structured clone of one array of primitives is the cheapest thing
 * that crosses a thread boundary: see docs/decisions/batched-messages.md. Each kind has a fixed number of fields.
 */

/** Raised whenever a message changes its shape; a worker that speaks another version is refused. */
export const PROTOCOL_VERSION = 6

/** Listener to worker. */
export const ToWorker = {
  /** kind, WorkerSettings: first message to every worker; it answers `READY`. */
  START: 1,
  /** kind, connection, remoteAddress, remotePort, localAddress, localPort, TlsFacts, 1 (encrypted, by whom is not known) or 0: before its first request. */
  CONNECT: 2,
  /** kind, connection: the client has closed; the worker forgets it. */
  DISCONNECT: 3,
  /** kind, ApplicationSettings: before the first request to it. */
  APPLICATION: 4,
  /** kind, exchange, connection, application, RequestFlags, method, url, headers (names and values, `\n` between). */
  REQUEST: 5,
  /** kind, exchange, chunk. */
  BODY: 6,
  /** kind, exchange, trailers (as headers) or ''. */
  BODY_END: 7,
  /** kind, exchange: the client went away, or its body broke off. */
  ABORT: 8,
  /** kind, exchange, bytes: so many bytes of the response have left; the worker may send as many more. */
  RESPONSE_ACK: 9,
  /** kind, when it will be killed (milliseconds since the epoch), why: finish what you have, close the applications, end. */
  DRAIN: 10,
  /** kind: are you there? The runtime answers `PONG` from its event loop. */
  PING: 11,
  /** kind, when it will be killed at the latest, why: `DRAIN` comes later; applications are told now, requests still come. */
  ENDING: 12,
} as const

/** Worker to listener. */
export const ToListener = {
  /** kind, protocol version: the runtime is up and takes requests. */
  READY: 1,
  /** kind, exchange, ResponseFlags, status, bytes: the first part of a response; begins with the head. */
  RESPONSE: 2,
  /** kind, exchange, ResponseFlags, bytes: a further part. */
  RESPONSE_BODY: 3,
  /** kind, exchange, bytes: a complete informational response (1xx), to be passed on at once. */
  INFORMATIONAL: 4,
  /** kind, exchange: the application destroyed the connection. */
  RESET: 5,
  /** kind, exchange, bytes: so many bytes of the request's body were consumed. */
  REQUEST_ACK: 6,
  /** kind, exchange, error code of the table: the runtime answers in place of an application that cannot. */
  REFUSE: 7,
  /** kind, ServerEvent: something for the event log. */
  EVENT: 8,
  /** kind: drained, all applications are closed; the end follows. */
  DRAINED: 9,
  /**
   * kind, bytes of memory in use, utilisation of the event loop since the last one (0 to 1), why an application is not
   * well ('' without a reason) or null.
   */
  PONG: 10,
  /** kind, application: it could not be loaded; its requests will be refused. */
  APPLICATION_FAILED: 11,
  /** kind, exchange, LoggedFacts: what the log is to say of it; before the last part of the response. */
  LOGGED: 12,
  /** kind, exchange: the application has ended its half of a tunnel; it still reads. */
  TUNNEL_END: 20,
} as const

export const RequestFlags = {
  HTTP_1_0: 1,
  KEEP_ALIVE: 2,
  HAS_BODY: 4,
  EXPECTS_CONTINUE: 8,
  /** The headers are those of the last request that this worker had on this connection; the field is ''. */
  SAME_HEADERS: 16,
  /**
   * The client wants to change the protocol. What it sends from now on comes as `BODY`, the end of it as `BODY_END`; a
   * response of 101 makes a tunnel of the exchange, which lives until its response ends.
   */
  UPGRADE: 32,
  HTTP_2: 64,
  /** The header Server is left out of the response (requestFiltering.removeServerHeader). */
  REMOVE_SERVER: 128,
} as const

export const ResponseFlags = {
  /** Nothing follows. */
  END: 1,
  /** The connection must be closed after the response. */
  CLOSE: 2,
  /** The worker must be asked each time: it decides by who asks. The listener keeps no copy. */
  NO_STORE: 4,
} as const

/** Bytes of one direction of one exchange that may be under way without acknowledgement. */
export const WINDOW = 262_144

/**
 * Bytes travel as a string that holds one byte in each character (latin1; small ones: no allocation of memory), or as an
 * array (large ones: transferred, not copied).
 */
export type Bytes = string | Uint8Array

export type Message = readonly unknown[]
export type Batch = unknown[]

/** What a worker must know before it can take requests. */
export interface WorkerSettings {
  readonly workerId: number
  readonly pool: string
  /** Longest time in milliseconds that one application may take to load. */
  readonly startupTimeLimit: number
  /** When it is killed if it is not ready by then, milliseconds since the epoch. */
  readonly startsBy: number
  /** Whether it will be asked how it is (pingingEnabled). */
  readonly pinged: boolean
  /** Loaded before the worker says that it is ready: those that requests are waiting for. */
  readonly applications: readonly ApplicationSettings[]
  readonly adapters: readonly AdapterSettings[]
}

/** What a worker must know of one application in order to load it. */
export interface ApplicationSettings {
  /** Small integer, the same in every worker. */
  readonly id: number
  readonly name: string
  readonly site: string
  readonly siteId: number
  readonly pool: string
  /** The path it is mounted at, without trailing slash: '' for the root. */
  readonly mount: string
  readonly pathBase: 'strip' | 'keep'
  /** Name of the adapter, or undefined to find it from what the module exports. */
  readonly type: string | undefined
  /** Absolute path, or a bare package name. */
  readonly module: string | undefined
  readonly physicalPath: string
  readonly environment: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, unknown>>
  readonly accessPolicy: readonly Access[]
  /** Mapped to paths and verbs, in the order in which they are tried. */
  readonly handlers: readonly HandlerSettings[]
  readonly filters: readonly ExtensionSettings[]
  /** Modules of the integrated pipeline, in their order. */
  readonly modules: readonly ExtensionSettings[]
  /** Asked for before the worker says that it is ready. */
  readonly warmUp: readonly WarmUpPage[]
  /** What `process.env.PORT` says to a program that wants to listen. */
  readonly port: number
}

/** What a worker's modules have found out or want to have logged; what is left out stays as the listener knows it. */
export interface LoggedFacts {
  user?: string
  method?: string
  path?: string
  query?: string
  status?: number
  subStatus?: number
  win32Status?: number
}

export interface WarmUpPage {
  /** Path and query below the application's mount. */
  readonly path: string
  /** What the Host header says; '' for localhost. */
  readonly hostName: string
}

/** Code that runs in the worker beside the application. `module` is a file or package; undefined for a standard one. */
export interface ExtensionSettings {
  readonly name: string
  readonly module: string | undefined
  readonly options: Readonly<Record<string, unknown>>
  /** The listener may keep responses although this one has not seen those who get the copies. */
  readonly enableCache: boolean
}

/** What an application lets its handlers do (IIS: `accessPolicy`). */
export type Access = 'Read' | 'Write' | 'Script' | 'Execute'

/** A handler mapping (IIS: `handlers`). */
export interface HandlerSettings extends Omit<ExtensionSettings, 'enableCache'> {
  /** `*`, `*.php`, `/exact`, `/folder/*`. */
  readonly path: string
  /** Upper case; empty for all. */
  readonly verbs: readonly string[]
  readonly resourceType: 'File' | 'Directory' | 'Either' | 'Unspecified'
  readonly requireAccess: 'None' | Access
  readonly allowPathInfo: boolean
  /** Name of the adapter that handles it, where no module does. */
  readonly type: string | undefined
}

/** An adapter that the configuration declares beside the standard ones. */
export interface AdapterSettings {
  readonly name: string
  readonly module: string
}
