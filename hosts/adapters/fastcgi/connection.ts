/** One connection to a FastCGI application, with one request at a time on it. */
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { Job } from '../gateway/gateway.js'
import { GatewayError } from '../gateway/gateway-error.js'
import { Exchange, type ExchangeOptions, type Outcome } from './exchange.js'
import { RecordReader } from './records.js'

export class Connection {
  private readonly socket: Socket
  private reader: RecordReader
  private exchange: Exchange | null = null
  /** Told when the other side closes it while nobody uses it. */
  onIdleClose: () => void = () => undefined
  /** Whether a request has been answered on it before. */
  used = false

  constructor(socket: Socket) {
    this.socket = socket
    this.reader = new RecordReader((record) => this.exchange?.take(record))
    socket.on('data', (chunk) => {
      try {
        this.reader.push(chunk)
      } catch (error) {
        this.exchange?.break(new GatewayError(502, `it speaks no FastCGI: ${(error as Error).message}`))
        socket.destroy()
      }
    })
    socket.on('drain', () => this.exchange?.drained())
    socket.on('error', () => undefined)
    // It says no more, so it answers no more.
    socket.on('end', () => {
      socket.destroy()
    })
    socket.on('close', () => {
      if (this.exchange) this.exchange.lost()
      else this.onIdleClose()
    })
  }

  get closed(): boolean {
    return this.socket.destroyed || this.socket.readableEnded
  }

  /**
   * Sends a request. Its output is destroyed with a GatewayError where it fails.
   *
   * @param over - called once, when the connection has no part in it any more; where the outcome is `complete` the next
   * request may follow
   */
  send(job: Job, options: ExchangeOptions, over: (outcome: Outcome) => void): Readable {
    const exchange = new Exchange(this.socket, job, options, (outcome) => {
      this.exchange = null
      this.used = true
      if (outcome !== 'complete') this.socket.destroy()
      over(outcome)
    })
    this.exchange = exchange
    return exchange.begin()
  }

  destroy(): void {
    this.socket.destroy()
  }

  /** It keeps no worker alive while it waits. */
  rest(): void {
    this.socket.unref()
  }

  wake(): void {
    this.socket.ref()
  }
}
