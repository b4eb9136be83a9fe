/** What a log module is: the words that its author, the listener that collects and the worker that runs it share. */
import type { Static, TObject, TSchema } from 'typebox'
import type { EventLog } from './events.js'

/** One request that is over. Text is what Node's parser gives: headers and query are bytes, each one character. */
export interface LogRecord {
  /** Milliseconds since the epoch: the head had arrived, the last byte was handed to the socket. */
  readonly receivedAt: number
  readonly completedAt: number
  /** Milliseconds between the two (W3C: time-taken); never negative. */
  readonly timeTaken: number
  /** 0 and '' where the request was refused before a site was found for it. */
  readonly siteId: number
  readonly site: string
  /** Path of the application, '' where there is none. */
  readonly application: string
  /** Application pool of the application. */
  readonly pool: string
  /** Number of the worker that had it; 0 for none, a cache hit for instance. */
  readonly worker: number
  readonly clientAddress: string
  readonly clientPort: number
  readonly serverAddress: string
  readonly serverPort: number
  readonly encrypted: boolean
  readonly httpVersion: string
  readonly method: string
  readonly host: string
  /** Decoded; as it was sent, where it was refused for its form. */
  readonly path: string
  /** Without its `?`. */
  readonly query: string
  /** Name of the user; '' where nobody has asked for one. */
  readonly user: string
  /** 0 where the client or the worker went away before there was a response. */
  readonly status: number
  readonly subStatus: number
  readonly win32Status: number
  /** Code of the error table where the server itself has answered or given up; else ''. */
  readonly error: string
  /** The response came from the listener's cache. */
  readonly cacheHit: boolean
  /** Whole request and whole response, heads and bodies. */
  readonly bytesReceived: number
  readonly bytesSent: number
  /** Those that the definition names in `headers`, by their names in lower case; absent ones are left out. */
  readonly headers: Readonly<Record<string, string>>
}

/** What tells one batch from all others, so that a module can see one that it has had already. */
export interface LogBatch {
  /** Another one at each start of the server. */
  readonly source: string
  /** Grows with each batch of its source, and batches come in this order. */
  readonly number: number
  /** It was sent before, and not acknowledged: all, part or none of it may have been written then. */
  readonly again: boolean
}

/** What a log module gets at set-up, in its own worker. */
export interface LogScope {
  /** What `applicationHost.json` calls it. */
  readonly name: string
  /** The folder of the configuration file, from which relative paths of the options count. */
  readonly directory: string
  /** The server's event log. */
  readonly events: EventLog
}

/** A log module at work. Its methods are called one at a time, each when the promise of the one before has settled. */
export interface Log {
  /**
   * When it has returned, or its promise resolved, the records are the module's. If it throws or rejects, or its worker
   * ends meanwhile, the same batch comes again.
   */
  write(records: readonly LogRecord[], batch: LogBatch): void | Promise<void>
  /** Called when the server has been quiet for a moment, with nothing left to write; what is buffered should be written. */
  flush?(): void | Promise<void>
  /** Called once, after the last batch, when the server stops. */
  close?(): void | Promise<void>
}

/** What an author writes; `defineLog` makes a module of it. */
export interface LogDefinition<O extends TSchema = TObject> {
  readonly name: string
  /** Its options, as a TypeBox object; checked, and defaults filled in, before `setup` runs. */
  readonly options?: O
  /** Names of the request headers that its records shall have; no others travel to it. */
  readonly headers?: readonly string[]
  /** The range of webgarden versions it works with, e.g. `">=0.1.0 <2"`. */
  readonly webgarden?: string
  /**
   * Looks at options that fit their schema for what a schema cannot say, a driver that is missing for instance; what it throws is an
   * error of the configuration. Runs in a thread that ends with it, at each start and each `webgarden check`.
   */
  check?(options: Static<O>, directory: string): void | Promise<void>
  /** Runs in the log worker: at the start of the server, and again whenever that worker had to be replaced. */
  setup(scope: LogScope, options: Static<O>): Log | Promise<Log>
}

/** A checked definition: what a module file exports. Only log workers import it. */
export interface LogModule<O extends TSchema = TSchema> extends LogDefinition<O> {
  readonly kind: 'log'
}

/** What the listener's side knows of a log module, which it never imports. */
export interface LogFacts {
  readonly kind: 'log'
  readonly name: string
  /** In lower case, each once. */
  readonly headers: readonly string[]
}
