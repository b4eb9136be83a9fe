/** Everything the listener knows of one request: made by the listener, filled in by the stages, read by the log. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Connection } from '../contract/connection.js'
import type { RequestFollower } from '../contract/follower.js'
import type { LoggedFacts } from '../contract/messages.js'
import type { Receiver } from '../contract/receiver.js'
import type { SettledOutcome } from '../contract/stage.js'
import type { ErrorCode } from '../errors.js'
import type { Application, Site } from '../namespace/application.js'
import type { RequestQueue } from '../queue/request-queue.js'
import type { Pipeline } from './pipeline.js'
import { Response } from './response.js'
import { UnreadBody } from './unread-body.js'

/** The client's version of HTTP. */
export type HttpVersion = '1.0' | '1.1' | '2.0'

/** Sends a response to the client that asked; the respond state calls it. */
export interface ResponseWriter {
  /** Answers `CONTINUE` when all bytes were handed to the socket, `PENDING` if it will resume later. */
  send(ctx: RequestContext): 'CONTINUE' | 'PENDING'
  /** Sends a complete informational response (1xx) at once. */
  inform(ctx: RequestContext, bytes: string): void
}

/** Hot: one fixed shape, assigned in the constructor; nothing is added or deleted later. */
export class RequestContext {
  // --- what the listener saw
  readonly connection: Connection
  readonly writer: ResponseWriter
  /** As the client sent it; a worker may have another one logged. */
  method: string
  /** The request target exactly as the client sent it. */
  readonly target: string
  readonly httpVersion: HttpVersion
  /** Names and values in turn, as they came. Requests may share a list: another one may be put here, but not its content changed. */
  rawHeaders: readonly string[]
  /** The list is one that an earlier request had too: what a stage has made of it may be kept by it. */
  repeatsHeaders = false
  /** Node's message, whose stream is the body; null where no body can come. */
  readonly incoming: IncomingMessage | null
  /** The client keeps the connection open if we do. */
  readonly keepAlive: boolean
  /** The client's socket where it asks for another protocol (RFC 9110 section 7.8); nobody else reads it. */
  upgrade: Duplex | null = null
  readonly expectsContinue: boolean
  /** Milliseconds of the wall clock at which the head had arrived. */
  readonly receivedAt: number

  // --- validate fills in
  /** Host of the request, lower case, without port; '' where HTTP/1.0 gave none. */
  host = ''
  /** Decoded and normalised path: what routing and the log go by. */
  path = ''
  /** Raw query without its `?`; '' where there is none. */
  query = ''
  /** Path and query as the application will see them (before its mount is taken off). */
  url = ''

  // --- route fills in
  site: Site | null = null
  application: Application | null = null
  queue: RequestQueue | null = null

  // --- queue fills in
  receiver: Receiver | null = null
  /** Number of the exchange with the worker; 0 before it was handed over. */
  exchange = 0
  /** A worker that had taken it has ended, and it was given back: it goes before all others. */
  retried = false
  /** The limits of its site and its client have been asked. */
  admitted = false

  /** Who wants to know what becomes of it: set by a stage that has let it through. */
  follower: RequestFollower | null = null

  readonly response = new Response()
  error: ErrorCode | null = null
  /** What the error table cannot tell: an exception of a stage, for the event log. */
  cause: unknown = null

  // --- the log's facts
  user = ''
  /** 0; 64 (the network name is no longer available) when the client went away; 1236 when the connection was cut. */
  win32Status = 0
  /** Whole response, head and body, in bytes. */
  bytesSent = 0
  /** Bytes of the request's body that have come so far. */
  bodyBytes = 0
  completedAt = 0
  /** What the worker wants to be logged otherwise. */
  logged: LoggedFacts | null = null

  // --- the runner's own
  state = 'validate'
  /** Index of the step at which the runner stands. */
  step = 0
  pending = false
  private readonly pipeline: Pipeline
  private notes: Map<unknown, unknown> | null = null

  constructor(
    pipeline: Pipeline,
    connection: Connection,
    writer: ResponseWriter,
    method: string,
    target: string,
    httpVersion: HttpVersion,
    rawHeaders: readonly string[],
    incoming: IncomingMessage | null,
    keepAlive: boolean,
    expectsContinue: boolean,
    receivedAt: number,
  ) {
    this.pipeline = pipeline
    this.connection = connection
    this.writer = writer
    this.method = method
    this.target = target
    this.httpVersion = httpVersion
    this.rawHeaders = rawHeaders
    this.incoming = incoming
    this.keepAlive = keepAlive
    this.expectsContinue = expectsContinue
    this.receivedAt = receivedAt
  }

  /** First value of a request header, by its lower-case name; undefined where there is none. */
  header(name: string): string | undefined {
    const headers = this.rawHeaders
    for (let i = 0; i < headers.length; i += 2) {
      const candidate = headers[i]
      if (candidate?.length === name.length && candidate.toLowerCase() === name) {
        return headers[i + 1]
      }
    }
    return undefined
  }

  /** All values of a request header joined by `, ` (RFC 9110 section 5.2); undefined where there is none. */
  headerList(name: string): string | undefined {
    const headers = this.rawHeaders
    let joined: string | undefined
    for (let i = 0; i < headers.length; i += 2) {
      const candidate = headers[i]
      if (candidate?.length === name.length && candidate.toLowerCase() === name) {
        joined = joined === undefined ? headers[i + 1] : `${joined}, ${headers[i + 1] ?? ''}`
      }
    }
    return joined
  }

  /** Sets a complete answer; a stage then returns `FINISH`. */
  respond(status: number, headers: readonly string[], body: string | Uint8Array | null, subStatus = 0): void {
    const response = this.response
    response.status = status
    response.subStatus = subStatus
    response.headers = headers
    response.body = body
    response.raw = null
    response.stream = null
  }

  /** What has come of a response is not sent: another one is about to take its place. Whoever taps the rest still sees it. */
  dropResponse(): void {
    const { response } = this
    const { stream, raw } = response
    response.raw = null
    response.stream = null
    if (!stream) return
    stream.consumed(raw?.length ?? 0)
    stream.pipe(new UnreadBody(stream))
  }

  /**
   * Sends a GET for the same URL to the application, from the route on, on behalf of no client: it is not logged and its
   * response goes nowhere, but a cache's second half sees it.
   *
   * @param rawHeaders - names and values in turn, in place of those of this request
   */
  askAgain(rawHeaders: readonly string[], follower: RequestFollower): void {
    this.pipeline.askAgain(this, rawHeaders, follower)
  }

  /** Before the log runs, and after everything else: what a worker has said of the request counts from now on. */
  adoptLogged(): void {
    const { logged, response } = this
    if (!logged) return
    this.user = logged.user ?? this.user
    this.method = logged.method ?? this.method
    this.path = logged.path ?? this.path
    this.query = logged.query ?? this.query
    this.win32Status = logged.win32Status ?? this.win32Status
    response.status = logged.status ?? response.status
    response.subStatus = logged.subStatus ?? response.subStatus
  }

  /** Ends a `PENDING` stage. */
  resume(outcome: SettledOutcome): void {
    this.pipeline.resume(this, outcome)
  }

  /** Answers with an error of the table from a `PENDING` stage, also where a stage's own errors are only reported. */
  refuse(code: ErrorCode): void {
    this.pipeline.refusePending(this, code)
  }

  /** Ends a `PENDING` stage, or the whole request, with an error of the table. */
  fail(code: ErrorCode, cause?: unknown): void {
    this.pipeline.fail(this, code, cause)
  }

  /**
   * Sends it back to the queue from a pending dispatch, since its worker has ended before it had answered a byte; the
   * stages of queue and dispatch run once more. Answers false where it has gone on already.
   */
  retry(): boolean {
    return this.pipeline.retry(this)
  }

  /** Whole request, head and body, in bytes; the head as its shortest form on the wire. */
  get bytesReceived(): number {
    let bytes = this.method.length + this.target.length + 'GET  HTTP/1.1\r\n\r\n'.length - 3
    for (let i = 0; i < this.rawHeaders.length; i += 2) {
      bytes += (this.rawHeaders[i]?.length ?? 0) + (this.rawHeaders[i + 1]?.length ?? 0) + ': \r\n'.length
    }
    return bytes + this.bodyBytes
  }

  /** A place for modules to leave something for one another: any key, most likely the module itself. */
  get items(): Map<unknown, unknown> {
    return (this.notes ??= new Map())
  }
}
