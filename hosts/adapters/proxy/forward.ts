/** Takes one request to a server and its answer back: as it comes, no faster than it is taken, and no longer than wanted. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import type { Dispatcher } from 'undici'
import { answerFailure, statusOfFailure } from './failure.js'
import { endingHere, requestFields, rewriteLocation } from './fields.js'
import type { ForwardOptions } from './options.js'
import type { Choice, Upstream } from './servers.js'

const NOTHING = Buffer.alloc(0)
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

export interface Forwarding {
  /** A failure, for the event log. */
  readonly say: (text: string) => void
  readonly choice: Choice
  readonly options: ForwardOptions
  /** The path that the runtime has taken from the URL; '' for none. */
  readonly mount: string
}

export const forward = (request: IncomingMessage, response: ServerResponse, how: Forwarding): void => {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  const mayRetry = !hasBody && SAFE.has(request.method ?? '')
  const server = how.choice.pick([])
  if (server)
    attempt(
      request,
      response,
      how,
      server,
      hasBody ? bodyOf(request) : null,
      mayRetry ? how.options.retries : 0,
      [],
    )
  else answerFailure(response, 503, 'There is no server that could answer')
}

/** A stream of its own: it ends with the attempt, and the request lives on to be answered and read to its end. */
const bodyOf = (request: IncomingMessage): PassThrough => {
  const body = new PassThrough()
  const broken = (): void => {
    if (!request.complete) body.destroy(new Error('The client broke off its body'))
  }
  request.once('aborted', broken)
  request.once('error', broken)
  body.on('error', () => undefined)
  body.once('close', () => {
    request.unpipe(body)
    request.resume()
  })
  request.pipe(body)
  return body
}

const attempt = (
  request: IncomingMessage,
  response: ServerResponse,
  how: Forwarding,
  server: Upstream,
  body: PassThrough | null,
  retries: number,
  before: readonly Upstream[],
): void => {
  const again = (): boolean => {
    const tried = [...before, server]
    const next = retries > 0 ? how.choice.pick(tried) : undefined
    if (!next) return false
    attempt(request, response, how, next, body, retries - 1, tried)
    return true
  }
  server.active++
  const handler = new Answer(request, response, how, server, body, again)
  const { origin, prefix, pool } = server
  try {
    pool.dispatch(
      {
        path: prefix + (request.url ?? '/'),
        method: request.method as Dispatcher.HttpMethod,
        headers: requestFields(request, origin.host, how.mount, how.options),
        body,
      },
      handler,
    )
  } catch (error) {
    handler.onResponseError(undefined, error as Error)
  }
}

/** What undici calls while the server answers. */
class Answer implements Dispatcher.DispatchHandler {
  private readonly request: IncomingMessage
  private readonly response: ServerResponse
  private readonly how: Forwarding
  private readonly server: Upstream
  private readonly body: PassThrough | null
  private readonly again: () => boolean
  private controller: Dispatcher.DispatchController | undefined
  private over = false
  private clientGone = false

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    how: Forwarding,
    server: Upstream,
    body: PassThrough | null,
    again: () => boolean,
  ) {
    this.request = request
    this.response = response
    this.how = how
    this.server = server
    this.body = body
    this.again = again
    response.once('close', this.closed)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.clientGone) controller.abort(new Error('The client went away'))
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    statusMessage?: string,
  ): void {
    this.controller = controller
    const { response, request, how, server } = this
    if (status < 200) {
      if (status === 103 && headers.link !== undefined) response.writeEarlyHints({ link: headers.link })
      else if (status === 102) response.writeProcessing()
      return
    }
    how.choice.succeeded(server)
    const ends = endingHere(headers.connection)
    response.statusCode = status
    if (statusMessage) response.statusMessage = statusMessage
    for (const name in headers) {
      const value = headers[name]
      if (value === undefined || ends.has(name)) continue
      const rewrites = name === 'location' && how.options.reverseRewriteHostInResponseHeaders
      response.setHeader(name, rewrites ? rewriteLocation(String(value), server, request, how.mount) : value)
    }
    const via = headers.via === undefined ? '' : `${String(headers.via)}, `
    response.setHeader('Via', `${via}1.1 webgarden`)
    if (status === 304) {
      // Complete with its head. undici would wait for the body that a Content-Length tells of (RFC 9110 section 8.6 allows it to).
      this.finish()
      response.end()
      return
    }
    response.on('drain', this.drained)
    // The head must not wait for the body; flushHeaders() would send fields beyond ASCII in UTF-8, not as they came.
    response.write(NOTHING)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.response.write(chunk)) controller.pause()
  }

  onResponseEnd(
    _controller: Dispatcher.DispatchController,
    trailers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.over) return
    this.finish()
    const entries = Object.entries(trailers).map(([name, value]): [string, string] => [name, String(value)])
    if (entries.length > 0) this.response.addTrailers(entries)
    this.response.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.over) return
    this.finish()
    if (this.clientGone || (this.request.destroyed && !this.request.complete)) {
      this.response.destroy()
      return
    }
    const { response, server } = this
    // What undici does not send at all is not the server's fault.
    if ((error as NodeJS.ErrnoException).code !== 'UND_ERR_INVALID_ARG') this.how.choice.failed(server)
    const status = statusOfFailure(error)
    this.how.say(
      `${server.name} failed (${this.request.method ?? ''} ${this.request.url ?? ''}): ${error.message}`,
    )
    if (response.headersSent) response.destroy()
    else if (!this.again())
      answerFailure(
        response,
        status,
        status === 504
          ? 'The server did not answer in time'
          : 'The server could not be reached, or broke off',
      )
  }

  private readonly drained = (): void => {
    this.controller?.resume()
  }

  private readonly closed = (): void => {
    if (this.over || this.response.writableFinished) return
    this.clientGone = true
    this.controller?.abort(new Error('The client went away'))
  }

  private finish(): void {
    this.over = true
    this.server.active--
    // Else nobody reads the rest, and the next request of this connection waits behind it.
    if (this.body && !this.body.readableEnded) this.body.destroy()
    this.response.off('close', this.closed)
    this.response.off('drain', this.drained)
  }
}
