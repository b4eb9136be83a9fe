/**
 * The few places where the runtime touches what node:http does not document, each with a public fall-back.
 *
 * They exist for speed and for exactness: node's own server does the same to its own objects. The test of this file runs
 * on every Node version that we support, with the internals and without.
 */
import { IncomingMessage, OutgoingMessage, type ServerResponse } from 'node:http'

import { beginsWith } from './begins-with.js'
interface MessageInternals {
  _addHeaderLines?: (headers: string[], count: number) => void
  _dump?: () => void
  _consumed?: boolean
}

interface ResponseInternals {
  _closed?: boolean
  _last?: boolean
  _contentLength?: number | null
  _hasBody?: boolean
  _header?: string | null
}

const messageInternals = IncomingMessage.prototype as unknown as MessageInternals
const needDrain = Object.getOwnPropertySymbols(new OutgoingMessage()).find(
  (symbol) => symbol.description === 'kNeedDrain',
)

/**
 * Gives `request` its header lines. Node makes `request.headers` of them when somebody asks, by its own rules for
 * duplicates; the fall-back makes it at once.
 */
export const setHeaderLines: (request: IncomingMessage, rawHeaders: string[]) => void =
  typeof messageInternals._addHeaderLines === 'function'
    ? (request, rawHeaders) => {
        ;(request as unknown as Required<MessageInternals>)._addHeaderLines(rawHeaders, rawHeaders.length)
      }
    : (request, rawHeaders) => {
        request.rawHeaders = rawHeaders
        request.headers = joinHeaders(rawHeaders)
      }

/**
 * Puts other header lines in place of those that a request has. Not with `setHeaderLines`: the lines of a request whose body
 * is complete node takes for its trailers.
 */
export const replaceHeaderLines = (request: IncomingMessage, rawHeaders: readonly string[]): void => {
  const distinct: Record<string, string[]> = {}
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const values = (distinct[(rawHeaders[i] ?? '').toLowerCase()] ??= [])
    values.push(rawHeaders[i + 1] ?? '')
  }
  request.rawHeaders = [...rawHeaders]
  request.headers = joinHeaders(rawHeaders)
  request.headersDistinct = distinct
}

/** Header fields of which node keeps only the first (documented at `message.headers`). */
const FIRST_ONLY = new Set(
  (
    'age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since ' +
    'last-modified location max-forwards proxy-authorization referer retry-after server user-agent'
  ).split(' '),
)

/** Header lines as node's documentation of `message.headers` joins them. */
export const joinHeaders = (
  rawHeaders: readonly string[],
): NodeJS.Dict<string | string[]> & { 'set-cookie'?: string[] } => {
  const headers: NodeJS.Dict<string | string[]> & { 'set-cookie'?: string[] } = {}
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase()
    const value = rawHeaders[i + 1] ?? ''
    const before = headers[name]
    if (name === 'set-cookie') (headers['set-cookie'] ??= []).push(value)
    // Not `undefined`: the object has names of its own, and a client may send a field called `constructor`.
    else if (typeof before !== 'string') headers[name] = value
    else if (!FIRST_ONLY.has(name)) headers[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`
  }
  return headers
}

/**
 * Throws a body away that nobody reads, as node's server does when the response is complete. The fall-back takes a body
 * that has not begun to flow for unread.
 */
export const dumpRequest = (request: IncomingMessage): void => {
  if (request.readableEnded || request.destroyed || isRead(request)) return
  const { _dump } = request as unknown as MessageInternals
  if (_dump) _dump.call(request)
  else request.resume()
}

/** Whether somebody reads the body, of which not all has come yet. */
export const readsOn = (request: IncomingMessage): boolean =>
  !request.complete && !request.destroyed && isRead(request)

const isRead = (request: IncomingMessage): boolean =>
  (request as unknown as MessageInternals)._consumed ?? request.readableFlowing !== null

/** Node's mark that a pipe into the response must wait; whoever emits 'drain' takes it away. */
export const clearNeedDrain = (response: ServerResponse): void => {
  if (needDrain) (response as unknown as Record<symbol, unknown>)[needDrain] = false
}

/** Ends the life of a response as node's server does: it counts as closed before 'close' is emitted. */
export const emitClose = (response: ServerResponse): void => {
  const internals = response as unknown as ResponseInternals
  if (internals._closed) return
  response.destroyed = true
  internals._closed = true
  response.emit('close')
}

/**
 * Whether the connection must end after this response: by its own head, or because it did not keep to the length it
 * declared. `sent` counts head and body.
 */
export const mustClose = (response: ServerResponse, sent: number): boolean => {
  const { _last, _contentLength, _hasBody, _header } = response as unknown as ResponseInternals
  if (_last === true) return true
  if (_hasBody !== true || typeof _contentLength !== 'number' || typeof _header !== 'string') return false
  return _contentLength !== sent - _header.length
}

/** Whether node's own response has made the head that `text` begins with. */
export const madeHead = (response: ServerResponse, text: string): boolean => {
  const { _header } = response as unknown as ResponseInternals
  return typeof _header === 'string' && beginsWith(text, _header)
}

/** Whether node has left out a body that the application gave to a response without one; it can only tell where it has counted. */
export const leftOutBody = (response: ServerResponse): boolean => {
  const { _contentLength, _hasBody } = response as unknown as ResponseInternals
  return _hasBody === false && response.req.method !== 'HEAD' && (_contentLength ?? 0) > 0
}

/** Bytes of a body: those that its head declares and those that it has. */
export interface MissedLength {
  readonly declared: number
  readonly given: number
}

/** How a response broke its promise, if it did; for those that close their connection. */
export const missedLength = (response: ServerResponse, sent: number): MissedLength | null => {
  const { _contentLength, _hasBody, _header } = response as unknown as ResponseInternals
  if (_hasBody !== true || typeof _contentLength !== 'number' || typeof _header !== 'string') return null
  const given = sent - _header.length
  return given === _contentLength ? null : { declared: _contentLength, given }
}

/** The whole of its body is there, with these trailers: names and values in turn. */
export const endRequest = (request: IncomingMessage, rawTrailers: readonly string[]): void => {
  for (let i = 0; i < rawTrailers.length; i += 2) {
    const name = rawTrailers[i] ?? ''
    request.rawTrailers.push(name, rawTrailers[i + 1] ?? '')
    request.trailers[name.toLowerCase()] = rawTrailers[i + 1]
  }
  request.complete = true
  request.push(null)
}
