/** One request on a FastCGI connection: body out, response in, both with back-pressure. */
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { Job } from '../gateway/gateway.js'
import { GatewayError } from '../gateway/gateway-error.js'
import {
  abortRequest,
  beginRequest,
  params,
  ProtocolStatus,
  RecordType,
  stdin,
  stdinEnd,
  type FastCgiRecord,
} from './records.js'

/** IIS's words: what becomes of a request whose application writes to standard error. */
export type StderrMode = 'ReturnStdErrIn500' | 'ReturnGeneric500' | 'IgnoreAndReturn200' | 'TerminateProcess'

export interface ExchangeOptions {
  readonly keep: boolean
  /** Milliseconds without a byte of the application. */
  readonly activityTimeout: number
  /** Milliseconds that the request may take in all. */
  readonly requestTimeout: number
  readonly stderrMode: StderrMode
  readonly printed: (chunk: Buffer) => void
}

/**
 * `complete`: answered, and the connection is as before. `used up`: answered, but the connection is not. `stale`: the
 * connection was closed before the first byte of an answer. `broken`: it was closed later. `aborted`: nobody waits any more.
 * `terminate`: the application is to be ended.
 */
export type Outcome = 'complete' | 'used up' | 'stale' | 'broken' | 'aborted' | 'terminate'

const LONGEST_STDERR = 16_384

export class Exchange {
  private readonly socket: Socket
  private readonly job: Job
  private readonly options: ExchangeOptions
  private readonly over: (outcome: Outcome) => void
  private readonly output: Readable
  private readonly timer: NodeJS.Timeout
  private readonly limit: NodeJS.Timeout
  private state: 'open' | 'ended' = 'open'
  private heard = false
  private bodySent = false
  private paused = false
  /** What came on standard error before the response, where that makes an error of it. */
  private complaint = ''
  private complains = false
  private answers = false

  constructor(socket: Socket, job: Job, options: ExchangeOptions, over: (outcome: Outcome) => void) {
    this.socket = socket
    this.job = job
    this.options = options
    this.over = over
    this.output = new Readable({
      read: () => {
        this.paused = false
        socket.resume()
      },
      destroy: (error, callback) => {
        this.abort()
        callback(error)
      },
    })
    this.timer = setTimeout(() => {
      this.inactive()
    }, options.activityTimeout)
    this.limit = setTimeout(() => {
      const seconds = options.requestTimeout / 1000
      this.break(new GatewayError(504, `it took longer than ${seconds} s (requestTimeout)`), 'terminate')
    }, options.requestTimeout)
  }

  begin(): Readable {
    const { socket, job, output } = this
    socket.write(Buffer.concat([beginRequest(this.options.keep), params(job.variables)]))
    if (job.body) {
      job.body.on('data', this.onBody)
      job.body.once('end', this.onBodyEnd)
    } else this.onBodyEnd()
    if (job.signal.aborted) output.destroy()
    else job.signal.addEventListener('abort', this.aborted, { once: true })
    return output
  }

  take({ type, request, content }: FastCgiRecord): void {
    if (this.state === 'ended' || request === 0) return
    this.heard = true
    this.timer.refresh()
    if (type === RecordType.STDOUT) this.stdout(content)
    else if (type === RecordType.STDERR) this.stderr(content)
    else if (type === RecordType.END_REQUEST) this.endRequest(content[4] ?? 0)
  }

  drained(): void {
    if (!this.bodySent) this.job.body?.resume()
  }

  /** The connection was closed under it. */
  lost(): void {
    const outcome = this.heard ? 'broken' : 'stale'
    this.break(
      new GatewayError(502, 'the FastCGI application closed the connection before it had answered'),
      outcome,
    )
  }

  break(error: GatewayError, outcome: Outcome = 'broken'): void {
    if (!this.finish(outcome)) return
    this.output.destroy(error)
  }

  private readonly onBody = (chunk: Buffer): void => {
    this.timer.refresh()
    if (!this.socket.write(stdin(chunk))) this.job.body?.pause()
  }

  private readonly onBodyEnd = (): void => {
    this.bodySent = true
    this.socket.write(stdinEnd())
  }

  private readonly aborted = (): void => {
    this.output.destroy()
  }

  private stdout(content: Buffer): void {
    if (this.complains || content.length === 0) return
    this.answers = true
    if (this.output.push(Buffer.from(content))) return
    this.paused = true
    this.socket.pause()
  }

  private stderr(content: Buffer): void {
    if (content.length === 0) return
    const { stderrMode, printed } = this.options
    printed(content)
    if (stderrMode === 'IgnoreAndReturn200' || this.answers) return
    this.complains = true
    if (this.complaint.length < LONGEST_STDERR) this.complaint += content.toString()
    if (stderrMode === 'TerminateProcess') this.complain()
  }

  private endRequest(status: number): void {
    if (status === ProtocolStatus.OVERLOADED) {
      this.break(new GatewayError(503, 'the FastCGI application is overloaded'), 'used up')
    } else if (status !== ProtocolStatus.REQUEST_COMPLETE) {
      this.break(
        new GatewayError(502, `the FastCGI application refused the request (status ${status})`),
        'used up',
      )
    } else if (this.complains) this.complain()
    else if (this.finish(this.bodySent && this.options.keep ? 'complete' : 'used up')) this.output.push(null)
  }

  private complain(): void {
    const { stderrMode } = this.options
    const detail = stderrMode === 'ReturnStdErrIn500' ? this.complaint : undefined
    const error = new GatewayError(500, `it wrote to standard error (stderrMode ${stderrMode})`, detail)
    this.break(
      error,
      stderrMode === 'TerminateProcess' ? 'terminate' : this.bodySent ? 'complete' : 'used up',
    )
  }

  private inactive(): void {
    // A client that reads slowly, or sends slowly, is no fault of the application.
    if (this.paused || (this.job.body && !this.bodySent && !this.socket.writableNeedDrain)) {
      this.timer.refresh()
      return
    }
    this.break(
      new GatewayError(504, `it said nothing for ${this.options.activityTimeout / 1000} s (activityTimeout)`),
      'terminate',
    )
  }

  /** Nobody waits for the rest of the output. */
  private abort(): void {
    if (this.state === 'ended') return
    this.socket.write(abortRequest())
    this.finish('aborted')
  }

  /** Answers whether it has not been over before. */
  private finish(outcome: Outcome): boolean {
    if (this.state === 'ended') return false
    this.state = 'ended'
    clearTimeout(this.timer)
    clearTimeout(this.limit)
    const { body, signal } = this.job
    signal.removeEventListener('abort', this.aborted)
    if (body) {
      body.off('data', this.onBody)
      body.off('end', this.onBodyEnd)
      body.resume()
    }
    if (this.paused) this.socket.resume()
    this.over(outcome)
    return true
  }
}
