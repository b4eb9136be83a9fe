/** A handler (IIS: an ISAPI extension): what its author writes, and the control block that each of its requests is. */
import type { FileHandle } from 'node:fs/promises'
import type { PeerCertificate } from 'node:tls'
import type { Readable } from 'node:stream'
import type { Static, TObject, TSchema } from 'typebox'
import type { ExecuteUrl, ExecuteUrlStatus, HttpContext } from './http-context.js'
import type { Access } from './messages.js'
import type { WorkerScope } from './worker-module.js'

/**
 * What HttpExtensionProc returns. All but `ERROR` complete the request; HTTP itself says whether the connection is kept.
 * `ERROR` is 500 if nothing was sent, else the response is cut. HSE_STATUS_PENDING is a promise.
 */
export type HandlerStatus = 'SUCCESS' | 'SUCCESS_AND_KEEP_CONN' | 'ERROR'

/** What a call of the control block has resolved with, returned as the last thing, counts for `SUCCESS`; so does nothing. */
export type HandlerResult = HandlerStatus | number | ExecuteUrlStatus | undefined

/** What the author of a handler gives to `defineHandler`. */
export interface HandlerDefinition<O extends TSchema = TObject> {
  readonly name: string
  readonly options?: O
  /** The range of webgarden versions it works with. */
  readonly webgarden?: string
  /** Once for each mapping that names it, when its application loads (GetExtensionVersion). */
  load?(scope: WorkerScope, options: Static<O>): void | Promise<void>
  /**
   * For each request (HttpExtensionProc). When it has returned, and its promise has settled, a response that has not been
   * ended is (HSE_REQ_DONE_WITH_SESSION). What it throws is 500.
   */
  handle(ecb: ExtensionControlBlock<Static<O>>): HandlerResult | Promise<HandlerResult> | Promise<void>
  /** The worker drains; milliseconds since the epoch (TerminateExtension). */
  unload?(deadline: number): void | Promise<void>
}

/** A handler, as `defineHandler` makes it. */
export interface HandlerModule<O extends TSchema = TSchema> extends HandlerDefinition<O> {
  readonly kind: 'handler'
}

/** As ISAPI has them, `Name: value` lines; or an object; or names and values in turn. */
export type HeaderBlock =
  string | Readonly<Record<string, string | number | readonly string[]>> | readonly string[]

/** `404`, or `404 Not Found`. */
export type StatusLine = number | string

/** HSE_SEND_HEADER_EX_INFO */
export interface ResponseHeader {
  /** Default: `httpStatusCode`. */
  readonly status?: StatusLine
  readonly headers?: HeaderBlock
  /** Default: true, as far as the client wants it too. */
  readonly keepConn?: boolean
}

/** What is sent of a file: the whole where nothing else is said. */
export interface FilePart {
  /** Its path, or an open handle, which stays open. */
  readonly file: string | FileHandle
  /** Bytes to leave out at its beginning. */
  readonly offset?: number
  /** Bytes to send; 0 is all to its end. */
  readonly bytesToWrite?: number
}

/** HSE_TF_INFO */
export interface TransmitFile extends FilePart {
  /** Sent before and after the file. */
  readonly head?: string | Uint8Array
  readonly tail?: string | Uint8Array
  /** Status and headers, if none were sent before (HSE_IO_SEND_HEADERS). */
  readonly status?: StatusLine
  readonly headers?: HeaderBlock
  /**
   * Answers If-… and Range as a server of files does, with ETag, Last-Modified and Content-Type; takes `file` as a path, and
   * no `head`, `tail`, `offset` or `bytesToWrite`.
   */
  readonly conditional?: boolean
  /** HSE_IO_DISCONNECT_AFTER_SEND */
  readonly disconnectAfterSend?: boolean
}

/** HSE_RESPONSE_VECTOR */
export interface VectorSend {
  readonly status?: StatusLine
  readonly headers?: HeaderBlock
  /** Memory and files, in the order in which they are sent. */
  readonly elements: readonly (string | Uint8Array | FilePart)[]
  /** HSE_IO_FINAL_SEND: the response ends with it. */
  readonly finalSend?: boolean
  /** HSE_IO_DISCONNECT_AFTER_SEND */
  readonly disconnectAfterSend?: boolean
}

/** HSE_URL_MAPEX_INFO */
export interface MappedUrl {
  readonly path: string
  /** What the application lets its handlers do there. */
  readonly access: readonly Access[]
  /** Characters of `path` that are the application's folder, and of the URL, mount included, that are its mount. */
  readonly matchingPath: number
  readonly matchingUrl: number
}

/** The EXTENSION_CONTROL_BLOCK of one request. URLs are those of the application: `/` is its root, wherever it is mounted. */
export interface ExtensionControlBlock<O = Readonly<Record<string, unknown>>> {
  /** Number of the client's connection (ConnID). */
  readonly connId: number
  /** The mapping's options, checked against the handler's schema. */
  readonly options: O
  /** lpszMethod */
  readonly method: string
  /** lpszQueryString, without its `?`. */
  readonly queryString: string
  /** lpszPathInfo: the URL of the script and all that follows; only what follows where the mapping has `allowPathInfo`. */
  readonly pathInfo: string
  /** lpszPathTranslated: the file that `pathInfo` leads to. */
  readonly pathTranslated: string
  /** lpszContentType, '' where there is none. */
  readonly contentType: string
  /** cbTotalBytes: length of the body; Infinity where it is not known before its end. */
  readonly totalBytes: number
  /** cbAvailable: bytes of the body that are here and have not been read. */
  readonly available: number
  /** The body. Read it so, or with `readClient`. */
  readonly body: Readable
  /** dwHttpStatusCode: of the response while its header has not been sent, of the log after that. */
  httpStatusCode: number
  /** lpszLogData: appended to the query in the log. */
  logData: string
  /** Aborted when the client goes before the response is complete. */
  readonly signal: AbortSignal
  /** The request as modules see it, with node's own request and response. */
  readonly context: HttpContext

  /** Any server variable by its name; undefined where there is none (ERROR_INVALID_INDEX). */
  getServerVariable(name: string): string | undefined
  /**
   * The next bytes of the body, as soon as there are some, at most `size` (default 48 KB); of length 0 at its end.
   * Rejects with ECONNRESET when the client has gone.
   */
  readClient(size?: number): Promise<Buffer>
  /** HSE_REQ_ASYNC_READ_CLIENT: as `readClient`, with a completion routine (HSE_REQ_IO_COMPLETION). */
  asyncReadClient(completion: (error: Error | null, bytes: Buffer) => void, size?: number): void
  /**
   * Sends bytes; text as UTF-8. Resolves with their number when the client has caught up so far that more may follow;
   * rejects with ECONNRESET when it has gone.
   */
  writeClient(bytes: string | Uint8Array): Promise<number>

  /** HSE_REQ_SEND_RESPONSE_HEADER: sends the header; the connection closes after the response. */
  sendResponseHeader(status?: StatusLine, headers?: HeaderBlock): void
  /** HSE_REQ_SEND_RESPONSE_HEADER_EX */
  sendResponseHeaderEx(header: ResponseHeader): void
  /** HSE_REQ_SEND_URL_REDIRECT_RESP: 302, or the redirect that `status` says, to a URL as the client knows it. */
  sendUrlRedirect(url: string, status?: number): void
  /** HSE_REQ_SEND_CUSTOM_ERROR: the error page of the site, or ours. `detail` is for clients on this machine. */
  sendCustomError(status: StatusLine, subStatus?: number, detail?: unknown): void
  /** HSE_REQ_TRANSMIT_FILE: part of a file, never more of it in memory than is under way. Resolves with the bytes sent. */
  transmitFile(file: TransmitFile): Promise<number>
  /** HSE_REQ_VECTOR_SEND: memory and files in one call. Resolves with the bytes sent. */
  vectorSend(vector: VectorSend): Promise<number>
  /** HSE_REQ_SET_FLUSH_FLAG: false lets small writes gather, up to 64 KB; true (the default) sends each. */
  setFlushFlag(flush: boolean): void

  /** HSE_REQ_MAP_URL_TO_PATH: the file behind a URL of the application. */
  mapUrlToPath(url: string): string
  /** HSE_REQ_MAP_URL_TO_PATH_EX */
  mapUrlToPathEx(url: string): MappedUrl
  /** HSE_REQ_NORMALIZE_URL: decoded, without dot segments and query. */
  normalizeUrl(url: string): string
  /**
   * HSE_REQ_EXEC_URL: another URL of the application answers in this response. Without a URL, or with that of the request, the
   * next handler does: so a wildcard handler is a filter. Resolves when that is done; a loop ends with 500.
   */
  execUrl(child?: ExecuteUrl): Promise<ExecuteUrlStatus>
  /** HSE_REQ_GET_EXEC_URL_STATUS: of the last `execUrl` that is done; undefined before. */
  getExecUrlStatus(): ExecuteUrlStatus | undefined

  /** HSE_REQ_IS_KEEP_CONN: whether the connection is kept after the response. */
  isKeepAlive(): boolean
  /** HSE_REQ_IS_CONNECTED: whether the client is still there. */
  isConnected(): boolean
  /** HSE_REQ_CLOSE_CONNECTION: closes the connection behind what has been sent; the handler still has to end. */
  closeConnection(): void
  /** HSE_REQ_ABORTIVE_CLOSE: cuts the connection now. */
  abortiveClose(): void
  /** HSE_REQ_CANCEL_IO: what is being read, written or transmitted rejects with ABORT_ERR. */
  cancelIo(): void
  /** HSE_REQ_GET_CERT_INFO_EX: the certificate that the client has shown; null where it has shown none. */
  getCertInfo(): PeerCertificate | null
  /** HSE_APPEND_LOG_PARAMETER: appends to the query in the log. */
  appendLogParameter(text: string): void
  /** HSE_REQ_REPORT_UNHEALTHY: asks for the worker to be replaced; seen at the next ping. */
  reportUnhealthy(reason?: string): void
  /** HSE_REQ_RAISE_TRACE_EVENT */
  raiseTraceEvent(text: string): void
}
