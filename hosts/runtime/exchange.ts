/** One request and its response inside a worker: node's own objects on one side, messages on the other. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  ResponseFlags,
  ToListener,
  WINDOW,
  type Batch,
  type Bytes,
  type LoggedFacts,
} from '../../core/contract/messages.js'
import {
  clearNeedDrain,
  dumpRequest,
  emitClose,
  endRequest,
  leftOutBody,
  missedLength,
  mustClose,
  readsOn,
} from './node-internals.js'
import type { EarlyBytes } from './early-bytes.js'
import type { ExchangeOwner, ExchangeWatcher } from './exchange-owner.js'
import { GatheredBytes, toLatin1 } from './gathered-bytes.js'
import { isInterim, ResponseCheck, type CheckedResponse, type Verdict } from './response-check.js'
import type { ResponseFault } from './response-head.js'
import type { StandInSocket } from './stand-in-socket.js'
import { TunnelSocket } from './tunnel-socket.js'
import { whenFinished } from './when-finished.js'
import { WriteCallbacks, type WriteCallback } from './write-callbacks.js'

export class Exchange implements CheckedResponse {
  readonly id: number
  readonly socket: StandInSocket
  readonly request: IncomingMessage
  readonly response: ServerResponse
  private readonly owner: ExchangeOwner
  /** Bytes of the response that the listener has not acknowledged. */
  unacknowledged = 0
  private readonly gathered = new GatheredBytes()
  private readonly callbacks = new WriteCallbacks()
  readonly check = new ResponseCheck()
  private sent = 0
  private begun = false
  private ended = false
  private closing = false
  private isDirty = false
  /** The response is complete, and the application still reads the request's body. */
  private lingering = false
  private blocked = false
  private watcher: ExchangeWatcher<unknown> | null = null
  private watched: unknown = null
  /** The listener must not keep a copy of the response. */
  noStore = false
  /** Bytes of the request's body that the application has not read yet, and of which the listener must hear. */
  private unread = 0
  /** What the client has sent before the application took the connection over; null where it cannot. */
  early: EarlyBytes | null = null

  constructor(
    owner: ExchangeOwner,
    id: number,
    socket: StandInSocket,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    this.owner = owner
    this.id = id
    this.socket = socket
    this.request = request
    this.response = response
    socket.exchange = this
    response.assignSocket(socket as never)
    whenFinished(response, this)
  }

  /** `watcher.ending(context)` is called once. */
  watch<C>(watcher: ExchangeWatcher<C>, context: C): void {
    this.watcher = watcher
    this.watched = context
  }

  /** Tells what the log is to say, if it is told before the response ends. */
  tellLogged(facts: LoggedFacts): void {
    this.owner.outbox.open().push(ToListener.LOGGED, this.id, facts)
  }

  /** The application takes the connection over: what is written and read is from now on the tunnel's. */
  openTunnel(): TunnelSocket {
    const { owner, socket, request, response, early } = this
    this.ended = true
    this.early = null
    socket.exchange = null
    if (response.socket) response.detachSocket(socket as never)
    const endWatcher = (): void => {
      if (this.watcher) this.end()
    }
    const onFault = (fault: ResponseFault): void => {
      this.faulty(fault)
    }
    const tunnel = new TunnelSocket(owner, this.id, socket.facts, endWatcher, onFault)
    request.socket = tunnel as never
    owner.opened?.(tunnel)
    early?.passTo(tunnel)
    return tunnel
  }

  get connection(): number {
    return this.socket.facts.id
  }

  // --- from the application, through the stand-in socket

  /** Takes bytes of the response; answers whether more may follow at once. */
  write(
    chunk: string | Uint8Array,
    encoding: BufferEncoding | undefined,
    callback: WriteCallback | undefined,
  ): boolean {
    if (callback) this.callbacks.add(callback)
    if (typeof chunk === 'string') {
      const latin1 = toLatin1(chunk, encoding)
      if (!this.response.headersSent && latin1.startsWith('HTTP/1.1 1')) {
        this.inform(latin1)
        return true
      }
      this.count(latin1.length)
      this.gathered.addText(latin1)
    } else {
      this.count(chunk.length)
      this.gathered.addBytes(chunk, this.owner.outbox)
    }
    this.schedule()
    this.blocked = this.unacknowledged >= WINDOW
    return !this.blocked
  }

  /** The application ended the socket itself: the connection must not live on. */
  closeAfter(): void {
    this.closing = true
    this.schedule()
  }

  /** The application wants more of the request's body. */
  wantBody(): void {
    if (this.unread === 0) return
    this.owner.outbox.open().push(ToListener.REQUEST_ACK, this.id, this.unread)
    this.unread = 0
  }

  /** The stand-in socket was destroyed, by the application or because the client has gone. */
  destroyed(): void {
    if (this.ended) return
    this.ended = true
    this.owner.outbox.open().push(ToListener.RESET, this.id)
    this.breakOff()
  }

  // --- from the listener

  body(chunk: Uint8Array): void {
    if (this.ended) return
    if (this.early) {
      this.early.chunks.push(chunk)
      return
    }
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    this.socket.received(buffer.length)
    this.unread += buffer.length
    if (this.request.push(buffer)) this.wantBody()
  }

  bodyEnd(rawTrailers: string[]): void {
    if (this.ended) return
    if (this.early) {
      this.early.ended = true
      return
    }
    const { request } = this
    endRequest(request, rawTrailers)
    if (!this.lingering) return
    this.socket.exchange = null
    this.schedule()
  }

  /** So many bytes have left for the client. */
  acknowledge(bytes: number): void {
    this.unacknowledged -= bytes
    if (!this.blocked || this.unacknowledged >= WINDOW / 2) return
    this.blocked = false
    this.callbacks.call(null)
    this.socket.emit('drain')
    if (this.response.writableEnded) return
    clearNeedDrain(this.response)
    this.response.emit('drain')
  }

  /** The client has gone, or its body broke off: as on a real connection, everything on it ends with an error. */
  abort(): void {
    if (this.ended) return
    this.ended = true
    this.breakOff()
    this.socket.destroy()
  }

  /** The application could not be loaded: the listener answers in its place. */
  refuse(): void {
    this.ended = true
    this.socket.exchange = null
    this.response.detachSocket(this.socket as never)
    this.owner.closed(this)
  }

  // --- at the end of a tick

  /** Puts what has gathered into the batch. */
  flush(batch: Batch): void {
    this.isDirty = false
    if (this.ended) return
    const { check, gathered } = this
    if (this.begun) {
      if (check.watches && !this.passes(check.body(gathered, this), batch)) return
    } else if (!gathered.isEmpty) {
      const over = this.response.writableEnded || this.closing
      if (!this.passes(check.head(gathered, this, this.sent, over), batch)) return
    }
    const ends = this.response.writableEnded || this.closing || check.isWhole
    const last = gathered.leave(this, batch)
    if (!ends) {
      if (last !== null) this.post(batch, last, 0)
      return
    }
    const close = this.closing || check.foreign || mustClose(this.response, this.sent)
    if (!close && readsOn(this.request)) {
      // All has been said, but the listener must not take the exchange for over while it brings the body.
      this.lingering = true
      if (last !== null) this.post(batch, last, 0)
      return
    }
    if (this.watcher) this.end()
    this.ended = true
    if (check.foreign) this.socket.exchange = null
    if (leftOutBody(this.response)) this.faulty('body')
    const missed = close && !check.foreign ? missedLength(this.response, this.sent) : null
    if (missed) this.owner.missed(this, missed)
    if (!this.begun && last === null) {
      batch.push(ToListener.RESET, this.id)
      return
    }
    this.post(batch, last ?? '', close ? ResponseFlags.END | ResponseFlags.CLOSE : ResponseFlags.END)
  }

  /** After the batch has left: whoever waited for his bytes to go may go on, unless the client is to catch up first. */
  flushed(): void {
    if (!this.blocked || this.ended) this.callbacks.call(null)
    if (this.ended) this.owner.closed(this)
  }

  /** The response is complete: what node's own server does when a response has finished. */
  finish(): void {
    if (!this.ended) this.schedule()
    const { response, socket } = this
    if (socket.exchange === this && !this.lingering) socket.exchange = null
    if (response.socket) response.detachSocket(socket as never)
    if (socket.timeout > 0) socket.setTimeout(0)
    dumpRequest(this.request)
    process.nextTick(emitClose, response)
  }

  post(batch: Batch, bytes: Bytes, flags: number): void {
    if (this.begun) {
      batch.push(ToListener.RESPONSE_BODY, this.id, flags, bytes)
      return
    }
    this.begun = true
    if (this.noStore) flags |= ResponseFlags.NO_STORE
    batch.push(ToListener.RESPONSE, this.id, flags, this.check.status, bytes)
  }

  /** The answer is no valid response: it was made one, or is not sent. */
  faulty(fault: ResponseFault): void {
    this.owner.faulty(this.request, fault)
  }

  /** An interim response, which leaves at once. */
  private inform(text: string): void {
    if (isInterim(text)) this.owner.outbox.open().push(ToListener.INFORMATIONAL, this.id, text)
    else this.faulty('informational')
    this.schedule()
  }

  /** Whether what has gathered may leave; what cannot be sent is refused: 502, or a cut connection where it has begun. */
  private passes(verdict: Verdict, batch: Batch): boolean {
    if (verdict === 'sound') {
      const { spared } = this.check
      this.unacknowledged -= spared
      // Nobody else will tell who waits for room.
      if (spared > 0 && this.blocked)
        process.nextTick(() => {
          if (!this.ended) this.acknowledge(0)
        })
      return true
    }
    if (verdict === 'more') return false
    this.faulty(verdict)
    if (this.begun) batch.push(ToListener.RESET, this.id)
    else batch.push(ToListener.REFUSE, this.id, 'BAD_RESPONSE')
    this.ended = true
    this.breakOff()
    this.socket.destroy()
    return false
  }

  private count(bytes: number): void {
    this.sent += bytes
    this.socket.bytesWritten += bytes
    this.unacknowledged += bytes
  }

  private schedule(): void {
    if (this.isDirty || this.ended) return
    this.isDirty = true
    this.owner.dirty(this)
  }

  /** Tells whoever watches. */
  private end(): void {
    const { watcher } = this
    this.watcher = null
    watcher?.ending(this.watched)
  }

  private breakOff(): void {
    if (this.watcher) this.end()
    this.gathered.clear()
    this.socket.exchange = null
    const reset = connectionReset()
    if (this.callbacks.waiting) {
      // Or node would take the last callback for a finish.
      this.socket._hadError = true
      process.nextTick(() => {
        this.callbacks.call(reset)
      })
    }
    this.request.destroy(reset)
    this.owner.closed(this)
  }
}

const connectionReset = (): Error => Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
