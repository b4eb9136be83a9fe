/** A client's connection that an application has taken over: a Duplex whose other end is the client, through the listener. */
import { BodyWatch } from './response-body.js'
import { headInspector, LONGEST_HEAD, type ResponseFault } from './response-head.js'
import { ResponseFlags, ToListener, WINDOW, type Bytes } from '../../core/contract/messages.js'
import type { Outbox } from '../../core/handover/outbox.js'
import { ClientSocket, type ConnectionFacts } from './client-socket.js'

/** Larger pieces travel as memory of their own, smaller ones as a string. */
const BINARY_FROM = 8_192
const SWITCHING_PROTOCOLS = 101

/** What a tunnel needs of the runtime that holds it. */
export interface TunnelOwner {
  readonly outbox: Outbox
  closed(tunnel: { readonly id: number }): void
}

/** Hears of an answer that is no valid response. */
export type OnFault = (fault: ResponseFault) => void

type WriteCallback = (error?: Error | null) => void

/**
 * The application writes the head of the response itself. 101 makes a tunnel of it, with halves that end separately;
 * any other status is an answer, after which the connection closes.
 */
export class TunnelSocket extends ClientSocket {
  readonly id: number
  private readonly owner: TunnelOwner
  private readonly onEnding: () => void
  private readonly onFault: OnFault
  /** Of an answer that is no 101. */
  private bodyWatch: BodyWatch | null = null
  /** Status of the response, once its head has left; 0 before. */
  private status = 0
  private head = ''
  private unread = 0
  private unacknowledged = 0
  /** A write that waits until the client has caught up, and the end of all of them that waits for the last. */
  private waiting: WriteCallback | null = null
  private finishing: WriteCallback | null = null
  /** The listener knows that it is over. */
  private over = false

  /** @param onEnding - called once, before the last message leaves or when none will */
  constructor(
    owner: TunnelOwner,
    id: number,
    facts: ConnectionFacts,
    onEnding: () => void,
    onFault: OnFault,
  ) {
    super(facts, { allowHalfOpen: true })
    this.owner = owner
    this.id = id
    this.onEnding = onEnding
    this.onFault = onFault
  }

  get connection(): number {
    return this.facts.id
  }

  get readyState(): string {
    if (this.destroyed) return 'closed'
    if (this.writableEnded) return 'readOnly'
    return this.readableEnded ? 'writeOnly' : 'open'
  }

  get bufferSize(): number {
    return this.writableLength
  }

  // --- from the listener

  /** The client has sent something. */
  body(chunk: Uint8Array): void {
    if (this.destroyed) return
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    this.bytesRead += buffer.length
    this.unread += buffer.length
    this.timer?.refresh()
    if (this.push(buffer)) this._read()
  }

  /** The client has ended its half. */
  bodyEnd(): void {
    if (!this.destroyed) this.push(null)
  }

  /** So many bytes have left for the client. */
  acknowledge(bytes: number): void {
    this.unacknowledged -= bytes
    const { waiting } = this
    if (waiting && this.unacknowledged < WINDOW / 2) {
      this.waiting = null
      waiting(null)
    }
    if (this.finishing && this.unacknowledged <= 0) this.finish(this.finishing)
  }

  /** The connection has closed. */
  abort(): void {
    if (this.over) return
    this.conclude()
    // Both sides had said all they had to: that is no error.
    if (this.hasReadAll()) this.destroy()
    else this.destroy(connectionReset())
  }

  // --- Duplex

  override _read(): void {
    if (this.unread === 0 || this.over) return
    this.owner.outbox.open().push(ToListener.REQUEST_ACK, this.id, this.unread)
    this.unread = 0
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: WriteCallback): void {
    this.bytesWritten += chunk.length
    this.timer?.refresh()
    if (this.status === 0) {
      if (!this.readHead(chunk)) {
        callback(new Error('An answer to an upgrade begins with the head of an HTTP response'))
        return
      }
    } else this.post(chunk)
    if (this.unacknowledged >= WINDOW) this.waiting = callback
    else callback(null)
  }

  override _writev(chunks: { chunk: Buffer; encoding: BufferEncoding }[], callback: WriteCallback): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', callback)
  }

  override _final(callback: WriteCallback): void {
    // What has not left for the client must not be cut by a `destroy` that follows the end.
    if (this.unacknowledged <= 0 || this.status !== SWITCHING_PROTOCOLS) this.finish(callback)
    else this.finishing = callback
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.stopTimer()
    if (!this.over) {
      const { id } = this
      const answered = this.status !== 0 && error === null
      this.conclude()
      const batch = this.owner.outbox.open()
      if (answered) batch.push(ToListener.RESPONSE_BODY, id, ResponseFlags.END | ResponseFlags.CLOSE, '')
      else batch.push(ToListener.RESET, id)
    }
    this.waiting = null
    this.finishing = null
    callback(error)
    this.owner.closed(this)
  }

  // --- net.Socket

  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  resetAndDestroy(): this {
    return this.destroy(connectionReset())
  }

  /** As net.Socket: nothing else happens. */
  protected override timedOut(): void {
    this.emit('timeout')
  }

  // ---

  /** Gathers the head; answers false for what is none. */
  private readHead(chunk: Buffer): boolean {
    this.head += chunk.toString('latin1')
    for (;;) {
      const { head } = this
      const { outbox } = this.owner
      const sound = headInspector.inspect(head, false, false, false)
      const { fault, length, status, body, contentLength } = headInspector
      if (!sound && fault === null) return head.length < LONGEST_HEAD
      if (fault !== null) this.onFault(fault)
      if (!sound) {
        // As for any other request; the connection is not this socket's any more.
        outbox.open().push(ToListener.REFUSE, this.id, 'BAD_RESPONSE')
        this.conclude()
        return false
      }
      const text = headInspector.rewritten ?? head.slice(0, length)
      const rest = head.slice(length)
      if (status < 200 && status !== SWITCHING_PROTOCOLS) {
        outbox.open().push(ToListener.INFORMATIONAL, this.id, text)
        this.head = rest
        if (rest === '') return true
        continue
      }
      this.status = status
      this.head = ''
      this.unacknowledged += text.length
      outbox.open().push(ToListener.RESPONSE, this.id, ResponseFlags.NO_STORE, status, text)
      if (status !== SWITCHING_PROTOCOLS) this.bodyWatch = new BodyWatch(body, contentLength)
      if (rest !== '') this.post(Buffer.from(rest, 'latin1'))
      return true
    }
  }

  private post(given: Buffer): void {
    const { outbox } = this.owner
    const { bodyWatch } = this
    const chunk = bodyWatch ? (bodyWatch.take(given) as Buffer | null) : given
    if (bodyWatch && (chunk === null || chunk.length < given.length)) this.onFault('body')
    if (chunk === null) {
      this.destroy(new Error('The body of the answer is in no valid chunked coding'))
      return
    }
    if (chunk.length === 0) return
    this.unacknowledged += chunk.length
    const bytes: Bytes = chunk.length < BINARY_FROM ? chunk.toString('latin1') : outbox.pack(chunk, false)
    outbox.open().push(ToListener.RESPONSE_BODY, this.id, 0, bytes)
  }

  /** The application has ended its half. */
  private finish(callback: WriteCallback): void {
    this.finishing = null
    if (this.status === SWITCHING_PROTOCOLS) this.owner.outbox.open().push(ToListener.TUNNEL_END, this.id)
    else {
      if (this.status !== 0 && !this.over) {
        this.conclude()
        this.owner.outbox
          .open()
          .push(ToListener.RESPONSE_BODY, this.id, ResponseFlags.END | ResponseFlags.CLOSE, '')
      }
      // Nothing comes any more on a connection that was refused.
      process.nextTick(() => this.destroy())
    }
    callback(null)
  }

  private hasReadAll(): boolean {
    return (this as unknown as { _readableState: { ended: boolean } })._readableState.ended
  }

  private conclude(): void {
    if (this.over) return
    this.over = true
    this.onEnding()
  }
}

const connectionReset = (): Error => Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
