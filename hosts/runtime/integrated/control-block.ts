/** The EXTENSION_CONTROL_BLOCK of one request: what core/contract/handler.ts promises, over node's own objects. */
import type { Readable } from 'node:stream'
import type {
  ExtensionControlBlock,
  HandlerResult,
  HandlerStatus,
  HeaderBlock,
  ResponseHeader,
  StatusLine,
  TransmitFile,
  VectorSend,
} from '../../../core/contract/handler.js'
import type { ExecuteUrl, ExecuteUrlStatus } from '../../../core/contract/http-context.js'
import type { SettledOutcome } from '../../../core/contract/stage.js'
import type { WorkerScope } from '../../../core/contract/worker-module.js'
import { connectionReset, PendingIo } from './pending-io.js'
import { readClient } from './read-client.js'
import { RequestFacts } from './request-facts.js'
import { parseHeaders, parseStatus } from './response-header.js'
import { transmitFile, vectorSend } from './transmit.js'
import type { WorkerContext } from './worker-context.js'

/** Bytes that are read at a time (IIS: uploadReadAheadSize). */
const READ_AHEAD = 49_152

const STATUSES: readonly HandlerStatus[] = ['SUCCESS', 'SUCCESS_AND_KEEP_CONN', 'ERROR']

/** Bytes that gather where nothing is to be flushed. */
const GATHERED = 65_536

export class ControlBlock extends RequestFacts implements ExtensionControlBlock {
  readonly options: Readonly<Record<string, unknown>>
  private readonly scope: WorkerScope
  private readonly io = new PendingIo()
  private controller: AbortController | null = null
  private gathered: Uint8Array[] | null = null
  private gatheredBytes = 0
  private readsBody = false
  private reading = false
  /** The handler has closed the connection. */
  private closed = false
  private logged = ''
  private child: Promise<ExecuteUrlStatus> | null = null
  private childStatus: ExecuteUrlStatus | undefined = undefined

  constructor(context: WorkerContext, options: Readonly<Record<string, unknown>>, scope: WorkerScope) {
    super(context)
    this.options = options
    this.scope = scope
  }

  get body(): Readable {
    this.readsBody = true
    this.context.wantBody()
    return this.context.request
  }
  get httpStatusCode(): number {
    return this.context.logged.status ?? this.context.response.statusCode
  }
  set httpStatusCode(status: number) {
    const { response, logged } = this.context
    if (response.headersSent) logged.status = status
    else response.statusCode = status
  }
  get logData(): string {
    return this.logged
  }
  /** At once, since the log does not wait for the handler; what was there before is taken back. */
  set logData(text: string) {
    const { logged } = this.context
    if (this.logged !== '' && logged.query?.endsWith(this.logged))
      logged.query = logged.query.slice(0, -this.logged.length).replace(/&$/, '')
    this.logged = text
    if (text !== '') this.context.appendLogParameter(text)
  }
  get signal(): AbortSignal {
    if (this.controller) return this.controller.signal
    const controller = (this.controller = new AbortController())
    const { response } = this.context
    const gone = (): void => {
      if (!response.writableFinished) controller.abort(connectionReset())
    }
    if (this.isConnected()) response.once('close', gone)
    else gone()
    return controller.signal
  }

  async readClient(size = READ_AHEAD): Promise<Buffer> {
    if (this.reading) throw new Error('readClient: another read is under way')
    this.reading = true
    this.readsBody = true
    this.context.wantBody()
    try {
      return await readClient(this.context.request, size, this.io)
    } finally {
      this.reading = false
    }
  }

  asyncReadClient(completion: (error: Error | null, bytes: Buffer) => void, size?: number): void {
    this.readClient(size).then(
      (bytes) => {
        completion(null, bytes)
      },
      (error: unknown) => {
        completion(error as Error, Buffer.alloc(0))
      },
    )
  }

  async writeClient(bytes: string | Uint8Array): Promise<number> {
    const { response } = this.context
    if (response.writableEnded) throw new Error('writeClient: the response has ended')
    if (!this.isConnected()) throw connectionReset()
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    if (this.gathered) {
      this.gathered.push(chunk)
      this.gatheredBytes += chunk.length
      if (this.gatheredBytes < GATHERED) return chunk.length
    }
    const all = this.takeGathered() ?? chunk
    if (all.length > 0 && !response.write(all)) {
      await this.io.wait(response, ['drain', 'close'])
      if (!this.isConnected()) throw connectionReset()
    }
    return chunk.length
  }

  sendResponseHeader(status?: StatusLine, headers?: HeaderBlock): void {
    this.sendResponseHeaderEx({ ...(status && { status }), ...(headers && { headers }), keepConn: false })
  }

  sendResponseHeaderEx({ status, headers, keepConn = true }: ResponseHeader): void {
    const { response } = this.context
    this.requireUnsent('sendResponseHeader')
    const { code, message } = parseStatus(status ?? response.statusCode)
    const fields = parseHeaders(headers)
    const seen = new Set<string>()
    for (const [name, value] of fields) {
      const key = name.toLowerCase()
      if (seen.has(key)) response.appendHeader(name, value)
      else response.setHeader(name, value)
      seen.add(key)
    }
    response.statusCode = code
    response.statusMessage = message
    if (!keepConn) response.shouldKeepAlive = false
    response.flushHeaders()
  }

  sendUrlRedirect(url: string, status = 302): void {
    const { response } = this.context
    this.requireUnsent('sendUrlRedirect')
    response.writeHead(status, { Location: url, 'Content-Length': 0 })
    response.end()
  }

  sendCustomError(status: StatusLine, subStatus = 0, detail?: unknown): void {
    this.requireUnsent('sendCustomError')
    this.context.sendError(parseStatus(status).code, subStatus, detail)
  }

  transmitFile(file: TransmitFile): Promise<number> {
    return transmitFile(this, file, this.io)
  }

  vectorSend(vector: VectorSend): Promise<number> {
    return vectorSend(this, vector, this.io)
  }

  setFlushFlag(flush: boolean): void {
    if (!flush) this.gathered ??= []
    else {
      const held = this.takeGathered()
      this.gathered = null
      if (held && this.isConnected()) this.context.response.write(held)
    }
  }

  async execUrl(child: ExecuteUrl = {}): Promise<ExecuteUrlStatus> {
    if (this.child) throw new Error('execUrl: another URL is being executed')
    this.child = this.context.executeUrl(child)
    try {
      return (this.childStatus = await this.child)
    } finally {
      this.child = null
    }
  }

  getExecUrlStatus(): ExecuteUrlStatus | undefined {
    return this.childStatus
  }

  isKeepAlive(): boolean {
    return this.context.response.shouldKeepAlive && !this.closed
  }

  isConnected(): boolean {
    return !this.closed && !this.socket.destroyed
  }

  closeConnection(): void {
    if (this.closed) return
    const held = this.takeGathered()
    if (held) this.context.response.write(held)
    this.closed = true
    this.socket.end()
  }

  abortiveClose(): void {
    this.closed = true
    this.socket.destroy()
  }

  cancelIo(): void {
    this.io.cancel()
  }

  appendLogParameter(text: string): void {
    this.context.appendLogParameter(text)
  }

  reportUnhealthy(reason?: string): void {
    this.scope.reportUnhealthy(reason)
  }

  raiseTraceEvent(text: string): void {
    this.context.trace(this.context.handler?.name ?? 'handler', text)
  }

  // --- for those who run it

  get headerSent(): boolean {
    return this.context.response.headersSent
  }

  /** Ends the response with what has gathered. */
  end(): void {
    const { response } = this.context
    const held = this.takeGathered()
    if (response.writableEnded || !this.isConnected()) return
    if (held) response.end(held)
    else response.end()
  }

  /** A child that nobody has waited for. */
  get isBusy(): boolean {
    return this.child !== null
  }

  async idle(): Promise<void> {
    while (this.child) await this.child
  }

  /**
   * The handler is done: HSE_REQ_DONE_WITH_SESSION.
   *
   * @throws TypeError for a result that is none.
   */
  done(status: HandlerResult): SettledOutcome {
    const { context } = this
    const { request, response } = context
    // In plain JavaScript it may be any word.
    if (typeof status === 'string' && !STATUSES.includes(status))
      throw new TypeError(`A handler answers ${STATUSES.join(', ')} or nothing, not ${status}`)
    if (status !== 'ERROR') this.end()
    else if (!response.writableEnded && this.isConnected())
      context.sendError(500, 0, 'The handler answered ERROR.')
    // What it has left of the body would hold up the connection's next request.
    if (this.readsBody && !request.readableEnded && request.listenerCount('data') === 0) request.resume()
    return 'CONTINUE'
  }

  private takeGathered(): Uint8Array | null {
    const { gathered } = this
    if (!gathered || gathered.length === 0) return null
    this.gathered = []
    this.gatheredBytes = 0
    return Buffer.concat(gathered)
  }

  private requireUnsent(what: string): void {
    if (this.context.response.headersSent) throw new Error(`${what}: the header has been sent already`)
  }
}
