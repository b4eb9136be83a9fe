/** Sends a response through node's public `writeHead`, `write` and `end`: the way for everybody who has no socket to write to. */
import type { ServerResponse } from 'node:http'
import type { Bytes, RequestContext, ResponseWriter } from '../../core/index.js'
import type { ResponseSink } from '../../core/contract/response.js'
import { ChunkedDecoder } from './chunked-decoder.js'
import { parseHead, type ResponseHead } from './raw-head.js'

/** Fields of one connection, not of the message: the server on this side sets its own (RFC 9110 section 7.6.1). */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection'])

/** One for each request; the raw bytes of a worker's response become fields again, its chunked coding is taken off. */
export class FieldWriter implements ResponseWriter {
  private readonly target: ServerResponse

  constructor(target: ServerResponse) {
    this.target = target
  }

  send(ctx: RequestContext): 'CONTINUE' | 'PENDING' {
    const { response } = ctx
    const { target } = this
    if (target.destroyed || target.writableEnded) return 'CONTINUE'
    if (response.reset) {
      target.destroy()
      return 'CONTINUE'
    }
    if (!ctx.keepAlive || response.close) target.shouldKeepAlive = false
    const { raw, stream } = response
    if (raw === null) {
      this.sendFields(ctx)
      return 'CONTINUE'
    }
    const head = parseHead(raw)
    if (!head) {
      // The application has written to its socket what is no HTTP: there is nothing to make fields of.
      stream?.cancel()
      target.destroy()
      return 'CONTINUE'
    }
    this.writeHead(head, ctx)
    const body = new FieldBody(ctx, target, head.chunked)
    body.sendFirst(raw, head.length)
    if (!stream) {
      body.end()
      return 'CONTINUE'
    }
    stream.pipe(body)
    return 'PENDING'
  }

  inform(_ctx: RequestContext, bytes: string): void {
    const { target } = this
    if (target.headersSent || target.destroyed) return
    const head = parseHead(bytes)
    try {
      if (head?.status === 100) target.writeContinue()
      else if (head?.status === 102) target.writeProcessing()
      else if (head?.status === 103) target.writeEarlyHints(hintsOf(head.fields))
    } catch {
      // Node is particular about links; a hint may get lost (RFC 8297), the response must not.
    }
  }

  /** An answer of the listener's own: an error page, what a stage has set. */
  private sendFields(ctx: RequestContext): void {
    const { status, headers, body } = ctx.response
    const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? '')
    this.target.writeHead(status, [...headers, 'Content-Length', String(bytes.length)])
    ctx.bytesSent += bytes.length
    this.target.end(bytes)
  }

  private writeHead(head: ResponseHead, ctx: RequestContext): void {
    const { target } = this
    const fields: string[] = []
    let framed = head.chunked
    target.sendDate = false
    for (let i = 0; i < head.fields.length; i += 2) {
      const name = head.fields[i] ?? ''
      const value = head.fields[i + 1] ?? ''
      const lower = name.toLowerCase()
      if (lower === 'connection' && value.toLowerCase() === 'close') target.shouldKeepAlive = false
      if (lower === 'content-length') framed = true
      // Chunked coding was taken off; another coding still is on the body.
      if (lower === 'transfer-encoding' && value.toLowerCase() === 'chunked') continue
      if (!OF_THE_CONNECTION.has(lower)) fields.push(name, value)
    }
    // What has no length ends with its connection, and must not be chunked on the way.
    if (!framed && ctx.method !== 'HEAD') target.useChunkedEncodingByDefault = false
    target.writeHead(head.status, head.reason, fields)
  }
}

/** The body of one response, no faster than the client reads. */
class FieldBody implements ResponseSink {
  private readonly ctx: RequestContext
  private readonly target: ServerResponse
  private readonly decoder: ChunkedDecoder | null
  /** Written while the target was full: acknowledged when it has drained. */
  private held = 0

  constructor(ctx: RequestContext, target: ServerResponse, chunked: boolean) {
    this.ctx = ctx
    this.target = target
    this.decoder = chunked ? new ChunkedDecoder((data) => target.write(data)) : null
  }

  /** The part that begins with the head, of `headLength` bytes. */
  sendFirst(raw: Bytes, headLength: number): void {
    const stream = this.ctx.response.stream
    if (raw.length > headLength) {
      this.pass(raw.slice(headLength), raw.length)
      return
    }
    this.ctx.bytesSent += raw.length
    if (!stream) return
    this.target.flushHeaders()
    stream.consumed(raw.length)
  }

  write(bytes: Bytes): void {
    this.pass(bytes, bytes.length)
  }

  end(): void {
    const { ctx, target, decoder } = this
    if (decoder && decoder.trailers.length > 0) target.addTrailers(pairsOf(decoder.trailers))
    if (ctx.response.close) closeAfter(target)
    target.end()
    this.settle()
  }

  fail(): void {
    this.target.destroy()
    this.settle()
  }

  private pass(bytes: Bytes, count: number): void {
    const { ctx, target, decoder } = this
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    ctx.bytesSent += count
    if (decoder) decoder.decode(data)
    else target.write(data)
    if (!target.writableNeedDrain && this.held === 0) {
      ctx.response.stream?.consumed(count)
      return
    }
    if (this.held === 0) target.once('drain', this.onDrain)
    this.held += count
  }

  private readonly onDrain = (): void => {
    const bytes = this.held
    this.held = 0
    this.ctx.response.stream?.consumed(bytes)
  }

  private settle(): void {
    this.target.off('drain', this.onDrain)
    if (this.ctx.response.stream) this.ctx.resume('CONTINUE')
  }
}

/** The head may have left already, saying that the connection stays; a body shorter than it said ends it all the same. */
const closeAfter = (target: ServerResponse): void => {
  const { socket } = target
  target.once('finish', () => socket?.destroySoon())
}

const hintsOf = (fields: readonly string[]): Record<string, string | string[]> => {
  const hints: Record<string, string | string[]> = {}
  const links: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] ?? '').toLowerCase()
    if (name === 'link') links.push(...(fields[i + 1] ?? '').split(/,\s*(?=<)/))
    else hints[name] = fields[i + 1] ?? ''
  }
  return { ...hints, link: links }
}

const pairsOf = (fields: readonly string[]): [string, string][] => {
  const pairs: [string, string][] = []
  for (let i = 0; i < fields.length; i += 2) pairs.push([fields[i] ?? '', fields[i + 1] ?? ''])
  return pairs
}
