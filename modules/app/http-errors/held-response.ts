/** Holds the head of an error answer back until it is known whether another page takes its place. */
import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'

type Callback = (error?: Error | null) => void
type Chunk = string | Uint8Array
type Headers = OutgoingHttpHeaders | readonly OutgoingHttpHeader[]

interface Methods {
  writeHead(status: number, reason?: string | Headers, headers?: Headers): ServerResponse
  write(chunk: Chunk, encoding?: BufferEncoding | Callback, callback?: Callback): boolean
  end(
    chunk?: Chunk | Callback | null,
    encoding?: BufferEncoding | Callback,
    callback?: Callback,
  ): ServerResponse
}

/** Asked once, when the head of an error and the first of its body are known. Answers whether another page takes its place. */
export type TakeOver = (hasBody: boolean) => boolean

export class HeldResponse {
  private readonly response: ServerResponse
  private readonly plain: Methods
  private readonly takeOver: TakeOver
  /** `passing`: everything goes on as it comes. `swallowing`: another page answers. */
  private state: 'waiting' | 'passing' | 'swallowing' = 'waiting'
  private headHeld = false
  /** Whether the application has ended the answer that is swallowed, and who wants to know. */
  private ended = false
  private onEnded: (() => void) | null = null

  constructor(response: ServerResponse, takeOver: TakeOver) {
    this.response = response
    this.takeOver = takeOver
    const methods = response as unknown as Methods
    this.plain = {
      writeHead: methods.writeHead.bind(response),
      write: methods.write.bind(response),
      end: methods.end.bind(response),
    }
    const flushHeaders = response.flushHeaders.bind(response)
    response.flushHeaders = () => {
      // Whoever sends the head before the body wants it as it is.
      if (this.state === 'swallowing') return
      this.pass()
      flushHeaders()
    }
    methods.writeHead = (status, reason, headers) => this.writeHead(status, reason, headers)
    methods.write = (chunk, encoding, callback) => this.write(chunk, encoding, callback)
    methods.end = (chunk, encoding, callback) => this.end(chunk, encoding, callback)
  }

  /** The page that answers instead. */
  answer(body: Uint8Array | string, isHead: boolean): void {
    this.state = 'passing'
    this.response.setHeader('Content-Length', Buffer.byteLength(body))
    this.plain.end(isHead ? undefined : body)
    this.state = 'swallowing'
  }

  /** Calls `answer` when the application has ended its own answer; what is written from then on goes its way. */
  whenEnded(answer: () => void): void {
    this.onEnded = () => {
      this.state = 'passing'
      answer()
    }
    if (this.ended) this.onEnded()
  }

  private writeHead(status: number, reason?: string | Headers, headers?: Headers): ServerResponse {
    const { response } = this
    if (this.state === 'swallowing') return response
    if (this.state === 'passing' || status < 400 || response.headersSent || this.headHeld) {
      return this.passHead(status, reason, headers)
    }
    response.statusCode = status
    if (typeof reason === 'string') response.statusMessage = reason
    setHeaders(response, typeof reason === 'string' ? headers : reason)
    // Whether it has a body is known with the first bytes of it.
    this.headHeld = true
    return response
  }

  private write(chunk: Chunk, encoding?: BufferEncoding | Callback, callback?: Callback): boolean {
    if (this.decide(chunk.length > 0)) {
      const done = typeof encoding === 'function' ? encoding : callback
      if (done) process.nextTick(done)
      return true
    }
    return this.plain.write(chunk, encoding, callback)
  }

  private end(
    chunk?: Chunk | Callback | null,
    encoding?: BufferEncoding | Callback,
    callback?: Callback,
  ): ServerResponse {
    const hasBody = typeof chunk !== 'function' && chunk !== undefined && chunk !== null && chunk.length > 0
    if (this.decide(hasBody)) {
      const done = [chunk, encoding, callback].find((one): one is Callback => typeof one === 'function')
      if (done) this.response.once('finish', done)
      if (!this.ended) {
        this.ended = true
        this.onEnded?.()
      }
      return this.response
    }
    return this.plain.end(chunk, encoding, callback)
  }

  /** Whether what comes is swallowed. */
  private decide(hasBody: boolean): boolean {
    const { response } = this
    if (this.state !== 'waiting') return this.state === 'swallowing'
    if (response.headersSent || response.statusCode < 400) {
      this.state = 'passing'
      return false
    }
    // Changed in `takeOver`: its own bytes pass.
    this.state = 'swallowing'
    if (this.takeOver(hasBody)) return true
    this.pass()
    return false
  }

  private pass(): void {
    if (this.state === 'passing') return
    this.state = 'passing'
    if (this.headHeld) this.plain.writeHead(this.response.statusCode)
  }

  private passHead(status: number, reason?: string | Headers, headers?: Headers): ServerResponse {
    this.state = 'passing'
    if (typeof reason === 'string') return this.plain.writeHead(status, reason, headers)
    return reason === undefined ? this.plain.writeHead(status) : this.plain.writeHead(status, reason)
  }
}

const setHeaders = (response: ServerResponse, headers: Headers | undefined): void => {
  if (headers === undefined) return
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers as OutgoingHttpHeaders)) {
      if (value !== undefined) response.setHeader(name, value)
    }
    return
  }
  const flat = headers.flat() as OutgoingHttpHeader[]
  for (let i = 0; i < flat.length; i += 2) response.removeHeader(String(flat[i]))
  for (let i = 0; i < flat.length; i += 2) {
    response.appendHeader(String(flat[i]), flat[i + 1] as string | readonly string[])
  }
}
