/** Sends the response of one request on its HTTP/2 stream; what a worker has made of it for HTTP/1 becomes frames here. */
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Bytes, ErrorCode, RequestContext, ResponseWriter } from '../../../core/index.js'
import { parseHead, type ResponseHead } from '../raw-head.js'
import type { Hsts } from '../hsts.js'
import type { LimitedConnection } from '../limits/limited-connection.js'
import { ThrottledBody } from '../limits/throttled-body.js'
import { ResponseBody } from './response-body.js'
import { fieldsOf, responseFields } from './response-fields.js'

const NOTHING = new Uint8Array(0)

const NO_BODY = new Set([204, 205, 304])

export class Http2Writer implements ResponseWriter {
  private readonly stream: ServerHttp2Stream
  private readonly connection: LimitedConnection

  constructor(stream: ServerHttp2Stream, connection: LimitedConnection) {
    this.stream = stream
    this.connection = connection
  }

  /** The client does not take what is there for it. */
  get isHeld(): boolean {
    return this.stream.writableLength > 0
  }

  send(ctx: RequestContext): 'CONTINUE' | 'PENDING' {
    const { stream } = this
    const { response } = ctx
    if (stream.destroyed || stream.closed) return 'CONTINUE'
    if (response.reset) {
      stream.close(resetCode(ctx.error))
      return 'CONTINUE'
    }
    try {
      return response.raw === null ? this.sendFields(ctx) : this.sendRaw(ctx)
    } catch (error) {
      // What a stage or an application has set cannot be sent: its client shall not wait for it.
      response.stream?.cancel()
      stream.close(constants.NGHTTP2_INTERNAL_ERROR)
      throw error
    }
  }

  inform(_ctx: RequestContext, bytes: string): void {
    const { stream } = this
    const head = parseHead(bytes)
    if (!head || stream.headersSent || stream.destroyed || stream.closed) return
    try {
      stream.additionalHeaders({ ':status': head.status, ...fieldsOf(head.fields) })
    } catch {
      // A hint may get lost (RFC 8297); the response must not.
    }
  }

  /** An answer of the listener's own: an error page, what a stage has set. */
  private sendFields(ctx: RequestContext): 'CONTINUE' {
    const { status, headers, body } = ctx.response
    const bytes = body === null ? Buffer.alloc(0) : typeof body === 'string' ? Buffer.from(body) : body
    const fields = NO_BODY.has(status) ? headers : [...headers, 'content-length', String(bytes.length)]
    const { stream } = this
    const bodiless = bytes.length === 0 || ctx.method === 'HEAD' || NO_BODY.has(status)
    stream.respond(responseFields(status, fields, hstsOf(ctx)), { endStream: bodiless })
    if (bodiless) {
      this.complete()
      return 'CONTINUE'
    }
    ctx.bytesSent += bytes.length
    stream.end(bytes)
    this.complete()
    return 'CONTINUE'
  }

  private sendRaw(ctx: RequestContext): 'CONTINUE' | 'PENDING' {
    const { stream } = this
    const { raw, stream: parts } = ctx.response
    const head = raw === null ? undefined : parseHead(raw)
    if (raw === null || !head) {
      // The application has written to its socket what is no HTTP: there is nothing to make fields of.
      parts?.cancel()
      stream.close(constants.NGHTTP2_INTERNAL_ERROR)
      return 'CONTINUE'
    }
    const bodiless = ctx.method === 'HEAD' || NO_BODY.has(head.status)
    const isSilent = bodiless || (parts === null && raw.length === head.length && !head.chunked)
    // Node's own date is for those that have none; one that an application has left out stays out.
    const options = { endStream: isSilent, waitForTrailers: head.chunked && !isSilent, sendDate: false }
    stream.respond(responseFields(head.status, head.fields, hstsOf(ctx)), options)
    const throttle = isSilent ? null : this.connection.throttle
    const paced = throttle !== null
    const framing = { chunked: head.chunked, declared: declaredLength(head), isSilent, paced }
    const body = new ResponseBody(ctx, stream, framing, this.complete)
    if (throttle !== null) {
      const sink = new ThrottledBody(body, stream, throttle)
      body.pass(NOTHING, head.length)
      sink.write(afterHead(raw, head.length))
      if (parts) parts.pipe(sink)
      else sink.end()
      return 'PENDING'
    }
    body.pass(afterHead(raw, head.length), raw.length)
    if (!parts) {
      body.end()
      return 'CONTINUE'
    }
    parts.pipe(body)
    return 'PENDING'
  }

  /** All is said. What the client still sends of its request nobody will read (RFC 9113 section 8.1). */
  private readonly complete = (): void => {
    const { stream } = this
    if (stream.endAfterHeaders || stream.readableEnded || stream.destroyed) return
    const stop = (): void => {
      if (!stream.readableEnded && !stream.closed) stream.close(constants.NGHTTP2_NO_ERROR)
    }
    if (stream.writableFinished) stop()
    else stream.once('finish', stop)
  }
}

const hstsOf = ({ connection, site }: RequestContext): Hsts | null =>
  connection.encrypted && site?.config.hsts.enabled ? site.config.hsts : null

/** What was never begun may be sent again (RFC 9113 section 8.7). */
const resetCode = (error: ErrorCode | null): number =>
  error === 'REFUSED' ? constants.NGHTTP2_REFUSED_STREAM : constants.NGHTTP2_INTERNAL_ERROR

const declaredLength = ({ fields }: ResponseHead): number | null => {
  for (let i = 0; i < fields.length; i += 2)
    if (fields[i]?.toLowerCase() === 'content-length') return Number(fields[i + 1])
  return null
}

const afterHead = (raw: Bytes, length: number): Uint8Array =>
  typeof raw === 'string' ? Buffer.from(raw.slice(length), 'latin1') : raw.subarray(length)
