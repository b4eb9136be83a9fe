/** One request inside a worker, as the modules of the integrated pipeline, filters and handlers see it (IIS: IHttpContext). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApplicationSettings, HandlerSettings, LoggedFacts } from './messages.js'

/** Who makes the request, once an authentication module has found out. */
export interface User {
  /** '' is anonymous. */
  readonly name: string
  /** `Basic`, `Anonymous`, or whatever the module calls its way. */
  readonly type: string
  readonly password?: string
  /** Groups that authorisation rules can name. */
  readonly roles?: readonly string[]
}

/** What becomes of a URL that another one takes the place of. */
export interface ExecuteUrl {
  /** Path and query below the application; the same as before, or none, passes on to the next handler. */
  readonly url?: string
  readonly method?: string
  /** All headers of the child request, names and values in turn; those of the parent where left out. */
  readonly headers?: readonly string[]
  /** HSE_EXEC_URL_ENTITY_INFO: the body that the child sees; the parent's, as far as it is unread, where left out. */
  readonly entity?: string | Uint8Array
  /** HSE_EXEC_URL_NO_HEADERS: the headers that the child sets are left out of the response. */
  readonly noHeaders?: boolean
  /** HSE_EXEC_URL_IGNORE_CURRENT_INTERCEPTOR: this wildcard handler does not run again for the child. */
  readonly ignoreCurrentInterceptor?: boolean
  /** HSE_EXEC_URL_IGNORE_VALIDATION_AND_RANGE: the child sees no If-… and no Range. */
  readonly ignoreValidationAndRange?: boolean
  /** HSE_EXEC_URL_DISABLE_CUSTOM_ERROR */
  readonly disableCustomError?: boolean
  readonly user?: User
}

/** HSE_REQ_GET_EXEC_URL_STATUS */
export interface ExecuteUrlStatus {
  readonly status: number
  readonly subStatus: number
  readonly win32Status: number
}

/** The error that was answered with: what a module that puts a page of its own in its place can know. */
export interface ErrorFacts {
  readonly status: number
  readonly subStatus: number
  /** An Error, or a sentence; for those only who may see details. */
  readonly detail: unknown
  /** The event in which it came. */
  readonly event: string
}

/** One request in the integrated pipeline of its application: what modules, filters and handlers share. */
export interface HttpContext {
  /** Node's own objects. What is written to the response goes to the client through the `sendResponse` of all modules. */
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly application: ApplicationSettings
  /**
   * Path below the application's mount, percent-decoded, without dot segments, beginning with `/`; a string that cannot be
   * decoded stays as it is. Follows `request.url`, which a module may change.
   */
  readonly path: string
  /** Without its `?`. */
  readonly query: string
  /** The file or folder that the path leads to, absolute; may be replaced (URL_MAP). */
  physicalPath: string
  /** Nobody, until an authentication module sets it. */
  user: User | null
  /** The part of `path` that the mapping fits: `/a.hello` of `/a.hello/b`; the whole of it where nothing follows. */
  readonly scriptPath: string
  /** What follows `scriptPath`: `/b`, or ''. */
  readonly extraPath: string
  /** The handler mapping that fits; set in mapHandler, null for the application itself. */
  readonly handler: HandlerSettings | null
  /** The client is on this machine: it may see details of errors. */
  readonly isLocal: boolean
  /** IIS's sub-status, for the log and the error page. */
  subStatus: number
  /** What the log is to say otherwise. */
  readonly logged: LoggedFacts
  /** Places for modules to keep something: for this request, for this connection. */
  readonly items: Map<unknown, unknown>
  readonly connectionItems: Map<unknown, unknown>
  /** The request was made by `executeUrl`; null for one of a client. */
  readonly parent: HttpContext | null
  /** The child request that is answering in this one's response just now. */
  readonly child: HttpContext | null
  /** What `sendError` has answered with; null where it was not called. */
  readonly error: ErrorFacts | null
  /** Error answers are to stay as they are (HSE_EXEC_URL_DISABLE_CUSTOM_ERROR). */
  readonly disableCustomError: boolean
  /** Whoever sets it gets what `trace` is told; null where the request is not traced. */
  onTrace: ((source: string, text: string) => void) | null
  /** Server variable by its name, also `HTTP_…`; undefined where there is none. */
  serverVariable(name: string): string | undefined
  /** Puts another URL in place of this one (path and query below the application), for all that comes after. */
  rewrite(url: string): void
  /** The file behind another path of the application. */
  mapPath(path: string): string
  /** Appends to the query in the log (HSE_APPEND_LOG_PARAMETER). */
  appendLogParameter(text: string): void
  /**
   * Answers with an error page, if no response has begun; the custom error module may put another page in its place.
   *
   * @param detail - shown to clients on this machine only: an Error with its stack, or a sentence
   */
  sendError(status: number, subStatus?: number, detail?: unknown): void
  /** Lets another URL of this application answer in this response; resolves when that is done. Loops end with 500. */
  executeUrl(child: ExecuteUrl): Promise<ExecuteUrlStatus>
  /** A line for the trace of this request; costs nothing where it is not traced. */
  trace(source: string, text: string): void
}
