/** What an application sees as `request.socket`: one Duplex for each client connection, whose other end is the listener. */
import { Duplex } from 'node:stream'
import type { AddressInfo } from 'node:net'
import type { TlsFacts } from '../../core/contract/tls.js'
import type { Exchange } from './exchange.js'
import { secure } from './secured-socket.js'

/** Where the connection comes from and where it arrived. */
export interface ConnectionFacts {
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly encrypted: boolean
  readonly tls?: TlsFacts | null
}

type WriteCallback = (error?: Error | null) => void

/**
 * Bytes written go to the exchange that is under way; without one they are dropped, since only a response may answer.
 * It lives as long as the client's connection, so that what an application keeps for each socket stays right.
 */
export class StandInSocket extends Duplex {
  readonly facts: ConnectionFacts
  readonly remoteAddress: string
  readonly remotePort: number
  readonly remoteFamily: string
  readonly localAddress: string
  readonly localPort: number
  readonly localFamily: string
  readonly encrypted: boolean
  readonly authorized: boolean = false
  readonly connecting = false
  readonly pending = false
  timeout = 0
  bytesRead = 0
  bytesWritten = 0
  /** Node's own mark of a socket that broke: its response will not emit 'finish' any more. */
  _hadError = false
  /** The header lines of its last request, and node's object of them once they have come twice. */
  rawHeaders: readonly string[] = []
  headers: Readonly<NodeJS.Dict<string | string[]>> | null = null
  /** The request that is being answered on this connection. */
  exchange: Exchange | null = null
  private timer: NodeJS.Timeout | null = null

  constructor(facts: ConnectionFacts) {
    // Half of a Duplex's own machinery is never used: writes are taken over below, reads are the exchange's.
    super({ allowHalfOpen: true, autoDestroy: false, emitClose: true })
    this.facts = facts
    this.remoteAddress = facts.remoteAddress
    this.remotePort = facts.remotePort
    this.remoteFamily = familyOf(facts.remoteAddress)
    this.localAddress = facts.localAddress
    this.localPort = facts.localPort
    this.localFamily = familyOf(facts.localAddress)
    this.encrypted = facts.encrypted
    // A cut connection is told by the messages on it; as on node's server, it is not an uncaught error.
    this.on('error', ignore)
    if (facts.tls) secure(this, facts.tls)
  }

  get readyState(): string {
    return this.destroyed ? 'closed' : 'open'
  }

  get bufferSize(): number {
    return this.exchange?.unacknowledged ?? 0
  }

  override write(
    chunk: unknown,
    encoding?: BufferEncoding | WriteCallback,
    callback?: WriteCallback,
  ): boolean {
    const done = typeof encoding === 'function' ? encoding : callback
    if (this.timer) this.timer.refresh()
    const { exchange } = this
    if (!exchange || this.destroyed) {
      if (done) process.nextTick(done)
      return true
    }
    return exchange.write(
      chunk as string | Uint8Array,
      typeof encoding === 'string' ? encoding : undefined,
      done,
    )
  }

  /** The end of the response ends nothing here; the listener decides on the connection. */
  override end(chunk?: unknown, encoding?: unknown, callback?: unknown): this {
    if (chunk !== undefined && chunk !== null && typeof chunk !== 'function') this.write(chunk)
    const done = [chunk, encoding, callback].find((argument) => typeof argument === 'function')
    if (done) process.nextTick(done)
    this.exchange?.closeAfter()
    return this
  }

  destroySoon(): void {
    this.end()
  }

  resetAndDestroy(): this {
    return this.destroy()
  }

  // Writes of one tick travel together anyway.
  override cork(): void {
    return
  }

  override uncork(): void {
    return
  }

  override _read(): void {
    return
  }

  /** IncomingMessage calls this when the application wants more of the body. */
  override resume(): this {
    this.exchange?.wantBody()
    return this
  }

  override pause(): this {
    return this
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.exchange?.destroyed()
    callback(error)
  }

  /** As net.Socket: 'timeout' after so many milliseconds without traffic; the message's own listeners decide. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    this.timeout = milliseconds
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    if (callback) {
      if (milliseconds > 0) this.once('timeout', callback)
      else this.off('timeout', callback)
    }
    if (milliseconds > 0) {
      this.timer = setTimeout(() => {
        this.timedOut()
      }, milliseconds)
      this.timer.unref()
    }
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  address(): AddressInfo {
    return { address: this.localAddress, port: this.localPort, family: this.localFamily }
  }

  /** So many bytes of a request's body have come. */
  received(bytes: number): void {
    this.bytesRead += bytes
    if (this.timer) this.timer.refresh()
  }

  /**
   * As node's http server: a request that is still coming in, or a response, that listens to 'timeout' decides; with
   * neither listening the connection is cut. An idle connection is the listener's to close.
   */
  private timedOut(): void {
    const { exchange } = this
    if (!exchange) return
    const { request, response } = exchange
    const requestHeard = !request.complete && request.emit('timeout', this)
    const responseHeard = response.emit('timeout', this)
    this.emit('timeout')
    if (!requestHeard && !responseHeard) this.destroy()
  }
}

const ignore = (): void => undefined

const familyOf = (address: string): string => (address.includes(':') ? 'IPv6' : 'IPv4')
