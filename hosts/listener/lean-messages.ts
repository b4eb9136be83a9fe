/**
 * The message classes that the listener gives to node's http server (`createServer({ IncomingMessage, ServerResponse })`):
 * they hold what the parser says and no more.
 *
 * The listener reads nothing of a request without a body and writes responses as bytes, so that node's own classes, two
 * streams with their events, would be made for nothing; they cost as much as all the stages of the pipeline together. What
 * node's server does to its messages is much the same from Node 20 to 24; the test of this file runs on each. Whether it is
 * so on the Node at hand is tried out at the start (lean-messages-trial.ts); if not, the listener uses node's own classes,
 * which everything else here can deal with.
 */
import { IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

type Constructor = (this: unknown, socket: Socket) => void

/** Whether the head announces a body (RFC 9112 section 6.3). */
export const announcesBody = (rawHeaders: readonly string[]): boolean => {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (name.length === 14) {
      if (name.toLowerCase() === 'content-length') return rawHeaders[i + 1] !== '0'
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') return true
  }
  return false
}

/** A request without a body is a plain object; one with a body becomes node's message once its head is there. */
class LeanRequest {
  socket: Socket
  httpVersionMajor = 0
  httpVersionMinor = 0
  httpVersion = ''
  joinDuplicateHeaders = false
  url = ''
  method = ''
  upgrade = false
  complete = false
  rawHeaders: string[] = []
  rawTrailers: string[] = []
  // What node asks before it would empty the stream of a request that nobody has read.
  _consuming = true
  _consumed = true
  _dumped = false
  /** Node's own has a getter on its prototype, which counts again once this has become a message. */
  declare readableEnded: boolean

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** All that node's server asks the headers for; the rest is read from the raw ones. */
  get headers(): { expect?: string } {
    const { rawHeaders } = this
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i]
      if (name?.length === 6 && name.toLowerCase() === 'expect') return { expect: rawHeaders[i + 1] ?? '' }
    }
    return NO_HEADERS
  }

  _addHeaderLines(lines: string[], count: number): void {
    if (this.complete || !announcesBody(lines)) {
      this.rawHeaders = lines
      return
    }
    becomeMessage(this, lines, count)
  }

  push(): boolean {
    return true
  }

  destroy(): this {
    return this
  }

  emit(): boolean {
    return false
  }

  on(): this {
    return this
  }

  _dump(): void {
    return
  }
}

Object.defineProperty(LeanRequest.prototype, 'readableEnded', { value: true })

// What node's server calls on its requests by a symbol (from Node 24 on: to let go of the request's AbortSignal) is about
// things that a lean request does not have.
for (const symbol of Object.getOwnPropertySymbols(IncomingMessage.prototype)) {
  if (typeof Reflect.get(IncomingMessage.prototype, symbol) === 'function')
    Object.defineProperty(LeanRequest.prototype, symbol, { value: () => undefined })
}

const NO_HEADERS = Object.freeze({})

/** Turns a lean request into a full message of node's, with what the parser had said before. */
const becomeMessage = (lean: LeanRequest, lines: string[], count: number): void => {
  const { httpVersionMajor, httpVersionMinor, httpVersion, joinDuplicateHeaders, url, upgrade, socket } = lean
  Object.setPrototypeOf(lean, IncomingMessage.prototype)
  ;(IncomingMessage as unknown as Constructor).call(lean, socket)
  Object.assign(lean, { httpVersionMajor, httpVersionMinor, httpVersion, joinDuplicateHeaders, url, upgrade })
  ;(lean as { _consumed?: boolean })._consumed = false
  lean._addHeaderLines(lines, count)
}

/** Stands for the response in node's bookkeeping: it is told that it is finished, and tells that to node's server. */
class LeanResponse {
  shouldKeepAlive = false
  finished = false
  socket: Socket | null = null
  // Read or written by node's server.
  _closed = true
  _last = false
  _headerSent = true
  _keepAliveTimeout = 0
  _maxRequestsPerSocket = 0
  _onPendingData: unknown = null
  maxRequestsOnConnectionReached = false
  _expect_continue = false
  private onFinish: (() => void) | null = null
  private readonly request: { complete: boolean }

  constructor(request: { complete: boolean }) {
    this.request = request
  }

  assignSocket(socket: Socket): void {
    ;(socket as { _httpMessage?: unknown })._httpMessage = this
    this.socket = socket
  }

  detachSocket(socket: Socket): void {
    ;(socket as { _httpMessage?: unknown })._httpMessage = null
    this.socket = null
  }

  on(event: string, listener: () => void): this {
    if (event === 'finish') this.onFinish = listener
    return this
  }

  /** The connection has closed before it was this response's turn. */
  destroy(): this {
    return this
  }

  listenerCount(event: string): number {
    return event === 'finish' && this.onFinish ? 1 : 0
  }

  /** 'timeout': the connection was silent for its time; that is no fault while the application works on an answer. */
  emit(event: string): boolean {
    if (event === 'finish') this.onFinish?.()
    return event === 'timeout' && this.request.complete
  }
}

/** For `createServer`: node's own constructors and these have the same use, but not the same type. */
export const leanMessages = {
  IncomingMessage: LeanRequest as unknown as typeof IncomingMessage,
  ServerResponse: LeanResponse as unknown as typeof ServerResponse,
}
