/** Stands between an application and the body of its response, and compresses it where that is decided. */
import type { ServerResponse } from 'node:http'
import type { Transform } from 'node:stream'
import type { Decision } from './decide.js'
import type { KeptCopies } from './kept-copies.js'

/** Up to here a body that comes in one piece is compressed at once: that is quicker than a way through node's threads. */
const AT_ONCE = 32_768

type Callback = (error?: Error | null) => void
type Chunk = string | Uint8Array

/** What the methods of the response are while this stands before them. */
interface Methods {
  write(chunk: Chunk, encoding?: BufferEncoding | Callback, callback?: Callback): boolean
  end(
    chunk?: Chunk | Callback | null,
    encoding?: BufferEncoding | Callback,
    callback?: Callback,
  ): ServerResponse
  flush?(): void
}

export class CompressedResponse {
  private readonly response: ServerResponse
  private readonly plain: Pick<Methods, 'write' | 'end'>
  private readonly keptCopies: KeptCopies
  private readonly isHead: boolean
  private decision: Decision | null = null
  private encoder: (Transform & { flush(callback?: () => void): void }) | null = null
  private copy: Buffer | undefined
  private key = ''
  private collected: Buffer[] | null = null
  private streams = false
  /** The first and only piece, while the head is being written. */
  private single: Buffer | null = null

  constructor(response: ServerResponse, isHead: boolean, keptCopies: KeptCopies) {
    this.response = response
    this.isHead = isHead
    this.keptCopies = keptCopies
    const methods = response as unknown as Methods
    this.plain = { write: methods.write.bind(response), end: methods.end.bind(response) }
    methods.write = (chunk, encoding, callback) => this.write(chunk, encoding, callback)
    methods.end = (chunk, encoding, callback) => this.end(chunk, encoding, callback)
    methods.flush = () => this.encoder?.flush()
  }

  /** The head is about to leave: makes it that of a compressed response. */
  begin(decision: Decision, url: string): void {
    const { response } = this
    this.decision = decision
    const etag = response.getHeader('ETag')
    if (typeof etag === 'string' && !etag.startsWith('W/')) response.setHeader('ETag', `W/${etag}`)
    response.setHeader('Content-Encoding', decision.scheme)
    // Ranges would be of the other form.
    response.removeHeader('Accept-Ranges')
    response.removeHeader('Content-MD5')
    this.streams = /^text\/event-stream\b/i.test(String(response.getHeader('Content-Type')))
    const length = Number(response.getHeader('Content-Length') ?? Number.NaN)
    response.removeHeader('Content-Length')
    if (this.isHead) return
    if (decision.isStatic) {
      this.key = `${decision.scheme} ${String(etag)} ${length} ${url}`
      this.copy = this.keptCopies.get(this.key)
    }
    if (!this.copy && this.single) {
      this.copy = decision.encoder.whole(this.single)
      if (decision.isStatic) this.keptCopies.set(this.key, this.copy)
    }
    if (this.copy) response.setHeader('Content-Length', this.copy.length)
    else this.open(decision, length)
  }

  private open({ encoder, isStatic }: Decision, length: number): void {
    const { response, plain } = this
    const stream = encoder.stream()
    this.encoder = stream
    if (isStatic && this.keptCopies.mayKeep(length)) this.collected = []
    stream.on('data', (chunk: Buffer) => {
      this.collected?.push(chunk)
      if (!plain.write(chunk)) stream.pause()
    })
    stream.on('end', () => {
      if (this.collected) this.keptCopies.set(this.key, Buffer.concat(this.collected))
      plain.end()
    })
    stream.on('drain', () => response.emit('drain'))
    stream.on('error', (error) => {
      response.destroy(error)
    })
    response.on('drain', () => {
      if (!response.writableNeedDrain) stream.resume()
    })
    response.on('close', () => {
      // A half is nothing to keep.
      this.collected = null
      stream.destroy()
    })
  }

  private write(chunk: Chunk, encoding?: BufferEncoding | Callback, callback?: Callback): boolean {
    const { response, encoder } = this
    if (!response.headersSent) response.writeHead(response.statusCode)
    if (!this.decision) return this.plain.write(chunk, encoding, callback)
    const done = typeof encoding === 'function' ? encoding : callback
    if (this.copy || this.isHead || !this.encoder) {
      if (done) process.nextTick(done)
      return true
    }
    const into = encoder ?? this.encoder
    const more = into.write(bytesOf(chunk, encoding), done)
    if (this.streams) into.flush()
    return more
  }

  private end(
    chunk?: Chunk | Callback | null,
    encoding?: BufferEncoding | Callback,
    callback?: Callback,
  ): ServerResponse {
    const { response } = this
    const body = typeof chunk === 'function' || chunk === undefined || chunk === null ? undefined : chunk
    if (!response.headersSent) this.writeWholeHead(body, encoding)
    if (!this.decision) return this.plain.end(chunk, encoding, callback)
    const done = [chunk, encoding, callback].find((one): one is Callback => typeof one === 'function')
    if (done) response.once('finish', done)
    if (this.copy) return this.plain.end(this.copy)
    if (this.isHead || !this.encoder) return this.plain.end()
    if (body !== undefined) this.encoder.end(bytesOf(body, encoding))
    else this.encoder.end()
    return response
  }

  /** Node works the length out only where it writes the head itself, in its own `end`. */
  private writeWholeHead(body: Chunk | undefined, encoding: BufferEncoding | Callback | undefined): void {
    const { response } = this
    const hasLength = response.hasHeader('Content-Length') || response.hasHeader('Transfer-Encoding')
    const bytes = body === undefined ? null : bytesOf(body, encoding)
    if (!hasLength && bytes) response.setHeader('Content-Length', bytes.length)
    else if (!hasLength && !this.isHead && mayHaveBody(response)) response.setHeader('Content-Length', 0)
    if (bytes && bytes.length <= AT_ONCE) this.single = bytes
    response.writeHead(response.statusCode)
    this.single = null
  }
}

const mayHaveBody = ({ statusCode }: ServerResponse): boolean =>
  statusCode >= 200 && statusCode !== 204 && statusCode !== 304

const bytesOf = (chunk: Chunk, encoding: BufferEncoding | Callback | undefined): Buffer =>
  typeof chunk === 'string'
    ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8')
    : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
