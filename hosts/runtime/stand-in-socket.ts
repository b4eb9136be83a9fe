/** What an application sees as `request.socket`: one Duplex for each client connection, whose other end is the listener. */
import { ClientSocket, type ConnectionFacts } from './client-socket.js'
import type { Exchange } from './exchange.js'

type WriteCallback = (error?: Error | null) => void

/**
 * Bytes written go to the exchange that is under way; without one they are dropped, since only a response may answer.
 * It lives as long as the client's connection, so that what an application keeps for each socket stays right.
 */
export class StandInSocket extends ClientSocket {
  /** Node's own mark of a socket that broke: its response will not emit 'finish' any more. */
  _hadError = false
  /** The header lines of its last request, and node's object of them once they have come twice. */
  rawHeaders: readonly string[] = []
  headers: Readonly<NodeJS.Dict<string | string[]>> | null = null
  /** The request that is being answered on this connection. */
  exchange: Exchange | null = null

  constructor(facts: ConnectionFacts) {
    // Half of a Duplex's own machinery is never used: writes are taken over below, reads are the exchange's.
    super(facts, { allowHalfOpen: true, autoDestroy: false, emitClose: true })
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
    this.stopTimer()
    this.exchange?.destroyed()
    callback(error)
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
  protected override timedOut(): void {
    const { exchange } = this
    if (!exchange) return
    const { request, response } = exchange
    const requestHeard = !request.complete && request.emit('timeout', this)
    const responseHeard = response.emit('timeout', this)
    this.emit('timeout')
    if (!requestHeard && !responseHeard) this.destroy()
  }
}
