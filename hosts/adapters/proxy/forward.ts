/** Takes one request to a server and its answer back: as it comes, no faster than it is taken, and no longer than wanted. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import type { Dispatcher } from 'undici'
import { answerFailure, statusOfFailure } from './failure.js'
import { endingHere, requestFields, rewriteLocation } from './fields.js'
import type { ForwardOptions } from './options.js'
import type { Choice, Upstream } from './servers.js'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

export interface Forwarding {
  readonly choice: Choice
  readonly options: ForwardOptions
  /** The path that the runtime has taken from the URL; '' for none. */
  readonly mount: string
}

export const forward = (request: IncomingMessage, response: ServerResponse, how: Forwarding): void => {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  const mayRetry = !hasBody && SAFE.has(request.method ?? '')
  attempt(request, response, how, hasBody ? bodyOf(request) : null, mayRetry ? how.options.retries : 0, [])
}

/** A stream of its own: undici ends what it could not send, and the request must live on to be answered. */
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
  body: PassThrough | null,
  retries: number,
  tried: readonly Upstream[],
): void => {
  const server = how.choice.pick(tried)
  if (!server) {
    answerFailure(response, 503, 'There is no server that could answer')
    return
  }
  const again = (): boolean => {
    const next = [...tried, server]
    if (retries === 0 || !how.choice.pick(next)) return false
    attempt(request, response, how, body, retries - 1, next)
    return true
  }
  server.active++
  const handler = new Answer(request, response, how, server, again)
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
  private readonly again: () => boolean
  private controller: Dispatcher.DispatchController | undefined
  private over = false
  private clientGone = false

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    how: Forwarding,
    server: Upstream,
    again: () => boolean,
  ) {
    this.request = request
    this.response = response
    this.how = how
    this.server = server
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
    response.on('drain', this.drained)
    response.flushHeaders()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.response.write(chunk)) controller.pause()
  }

  onResponseEnd(
    _controller: Dispatcher.DispatchController,
    trailers: Record<string, string | string[] | undefined>,
  ): void {
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
    this.how.choice.failed(this.server)
    const { response, server } = this
    const status = statusOfFailure(error)
    console.error(
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
    this.response.off('close', this.closed)
    this.response.off('drain', this.drained)
  }
}
