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
import type { Outbox } from '../../core/handover/outbox.js'
import {
  clearNeedDrain,
  dumpRequest,
  emitClose,
  leftOutBody,
  madeHead,
  missedLength,
  mustClose,
  readsOn,
  type MissedLength,
} from './node-internals.js'
import { BodyWatch } from './response-body.js'
import { headInspector, type ResponseFault } from './response-head.js'
import type { StandInSocket } from './stand-in-socket.js'
import { TunnelSocket } from './tunnel-socket.js'

/** Larger pieces travel as memory of their own, smaller ones as part of a string. */
const BINARY_FROM = 8_192

/** What an exchange needs of the runtime that holds it. */
export interface ExchangeOwner {
  readonly outbox: Outbox
  /** It has something to send at the end of this tick. */
  dirty(exchange: Exchange): void
  /** Its last byte has gone, or it was cut: the runtime forgets it. */
  closed(exchange: { readonly id: number }): void
  /** The application has taken the connection over: the tunnel stands in the place of its exchange. */
  opened?(tunnel: TunnelSocket): void
  /** Its response is complete, but not as long as it declared. */
  missed(exchange: Exchange, length: MissedLength): void
  /** The answer to a request is no valid response: it was made one, or is not sent. */
  faulty(request: IncomingMessage, fault: ResponseFault): void
}

type WriteCallback = (error?: Error | null) => void

/** Hears once of the end of a response: before its last bytes leave, or when they never will. */
export interface ExchangeWatcher<C> {
  ending(context: C): void
}

export class Exchange {
  readonly id: number
  readonly socket: StandInSocket
  readonly request: IncomingMessage
  readonly response: ServerResponse
  private readonly owner: ExchangeOwner
  /** Bytes of the response that the listener has not acknowledged. */
  unacknowledged = 0
  private parts: Bytes[] = []
  private text = ''
  private callbacks: WriteCallback[] = []
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
  removesServer = false
  private status = 0
  /** Null where the body is as long as node makes it. */
  private bodyWatch: BodyWatch | null = null
  /** The application has written the response to its socket by itself: nobody but us has looked at it. */
  private foreign = false
  /** Bytes of the request's body that the application has not read yet, and of which the listener must hear. */
  private unread = 0
  /** What the client has sent before the application took the connection over; null where it cannot. */
  early: Uint8Array[] | null = null
  private earlyEnd = false

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
    ;(response as OfExchange)[EXCHANGE] = this
    response.on('finish', onFinish)
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
    const tunnel = new TunnelSocket(
      owner,
      this.id,
      socket.facts,
      () => {
        if (this.watcher) this.end()
      },
      (fault) => {
        owner.faulty(request, fault)
      },
    )
    request.socket = tunnel as never
    owner.opened?.(tunnel)
    for (const chunk of early ?? []) tunnel.body(chunk)
    if (this.earlyEnd) tunnel.bodyEnd()
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
    if (callback) this.callbacks.push(callback)
    if (typeof chunk === 'string') {
      const latin1 = toLatin1(chunk, encoding)
      if (!this.response.headersSent && latin1.startsWith('HTTP/1.1 1')) {
        this.inform(latin1)
        return true
      }
      this.count(latin1.length)
      this.text += latin1
    } else if (chunk.length < BINARY_FROM) {
      this.count(chunk.length)
      this.text += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
    } else {
      this.count(chunk.length)
      if (this.text !== '') this.parts.push(this.text)
      this.text = ''
      this.parts.push(this.owner.outbox.pack(chunk, false))
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
      this.early.push(chunk)
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
      this.earlyEnd = true
      return
    }
    const { request } = this
    for (let i = 0; i < rawTrailers.length; i += 2) {
      const name = rawTrailers[i] ?? ''
      request.rawTrailers.push(name, rawTrailers[i + 1] ?? '')
      request.trailers[name.toLowerCase()] = rawTrailers[i + 1]
    }
    request.complete = true
    request.push(null)
    if (!this.lingering) return
    this.socket.exchange = null
    this.schedule()
  }

  /** So many bytes have left for the client. */
  acknowledge(bytes: number): void {
    this.unacknowledged -= bytes
    if (!this.blocked || this.unacknowledged >= WINDOW / 2) return
    this.blocked = false
    if (this.callbacks.length > 0) this.callBack(null)
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
    if (
      this.begun ? this.bodyWatch !== null && !this.takeBody(batch) : this.hasBytes && !this.readHead(batch)
    )
      return
    const ends =
      this.response.writableEnded || this.closing || (this.foreign && this.bodyWatch?.complete === true)
    const { parts } = this
    let last: Bytes | null = this.text === '' ? null : this.text
    this.text = ''
    if (parts.length > 0) {
      this.parts = []
      if (last !== null) parts.push(last)
      last = parts.pop() ?? null
      for (const part of parts) this.post(batch, part, 0)
    }
    if (!ends) {
      if (last !== null) this.post(batch, last, 0)
      return
    }
    const close = this.closing || this.foreign || mustClose(this.response, this.sent)
    if (!close && readsOn(this.request)) {
      // All has been said, but the listener must not take the exchange for over while it brings the body.
      this.lingering = true
      if (last !== null) this.post(batch, last, 0)
      return
    }
    if (this.watcher) this.end()
    this.ended = true
    if (this.foreign) this.socket.exchange = null
    if (leftOutBody(this.response)) this.owner.faulty(this.request, 'body')
    const missed = close && !this.foreign ? missedLength(this.response, this.sent) : null
    if (missed) this.owner.missed(this, missed)
    if (!this.begun && last === null) {
      batch.push(ToListener.RESET, this.id)
      return
    }
    this.post(batch, last ?? '', close ? ResponseFlags.END | ResponseFlags.CLOSE : ResponseFlags.END)
  }

  /** After the batch has left: whoever waited for his bytes to go may go on, unless the client is to catch up first. */
  flushed(): void {
    if (this.callbacks.length > 0 && (!this.blocked || this.ended)) this.callBack(null)
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

  private get hasBytes(): boolean {
    return this.text !== '' || this.parts.length > 0
  }

  /** An interim response, which leaves at once. */
  private inform(text: string): void {
    const { owner, id } = this
    const whole = headInspector.inspect(text, false, false, false) && headInspector.length === text.length
    if (whole && headInspector.status !== SWITCHING_PROTOCOLS && headInspector.fault === null)
      owner.outbox.open().push(ToListener.INFORMATIONAL, id, text)
    else owner.faulty(this.request, 'informational')
    this.schedule()
  }

  /** Whether the head is there and can be sent; where not, it has been refused, or the rest of it is waited for. */
  private readHead(batch: Batch): boolean {
    const { response, request, owner } = this
    if (typeof this.parts[0] === 'object') this.gatherText()
    let first = (this.parts[0] as string | undefined) ?? this.text
    let trusted = madeHead(response, first)
    const toHead = request.method === 'HEAD'
    let sound = headInspector.inspect(first, trusted, toHead, this.removesServer)
    if (!sound && headInspector.fault === null && this.parts.length > 0) {
      this.gatherText()
      first = this.text
      trusted = false
      sound = headInspector.inspect(first, false, toHead, this.removesServer)
    }
    const { status, length, body, contentLength, rewritten } = headInspector
    let { fault } = headInspector
    // Half a head, and no more will come.
    if (!sound && fault === null && !response.writableEnded && !this.closing) return false
    // A client takes it for an interim response, and the next one for the answer.
    if (sound && status < 200) {
      sound = false
      fault = 'head'
    }
    if (!sound) {
      this.refuseResponse(batch, fault ?? 'head')
      return false
    }
    if (fault !== null) owner.faulty(request, fault)
    this.status = status
    this.foreign = !trusted
    // What node has made, and is whole, needs no watching unless it is too long.
    const isShort = response.writableEnded && this.sent - length <= contentLength
    if (!trusted || (body === 'length' && !isShort)) this.bodyWatch = new BodyWatch(body, contentLength)
    if (rewritten === null && this.bodyWatch === null) return true
    this.putFirst(first.slice(length))
    this.unacknowledged -= length - (rewritten?.length ?? length)
    if (!this.takeBody(batch)) return false
    this.putFirst(
      (rewritten ?? first.slice(0, length)) + ((this.parts[0] as string | undefined) ?? this.text),
    )
    return true
  }

  private putFirst(text: string): void {
    if (this.parts.length > 0) this.parts[0] = text
    else this.text = text
  }

  /** Leaves of what has gathered only what belongs to the body; false where it is none, and the response is cut. */
  private takeBody(batch: Batch): boolean {
    const { bodyWatch, parts } = this
    if (!bodyWatch) return true
    const before = bodyWatch.dropped
    let sound = true
    for (let at = 0; at < parts.length && sound; at++) {
      const taken = bodyWatch.take(parts[at] ?? '')
      if (taken === null) sound = false
      else parts[at] = taken
    }
    const text = sound ? bodyWatch.take(this.text) : null
    if (text === null) {
      this.refuseResponse(batch, 'lengths')
      return false
    }
    this.text = text as string
    // Nobody will acknowledge what is left out.
    this.unacknowledged -= bodyWatch.dropped - before
    if (before === 0 && bodyWatch.dropped > 0 && this.foreign) this.owner.faulty(this.request, 'body')
    return true
  }

  /** The application's answer cannot be sent: its client gets 502, or a cut connection where the response has begun. */
  private refuseResponse(batch: Batch, fault: ResponseFault): void {
    this.owner.faulty(this.request, fault)
    if (this.begun) batch.push(ToListener.RESET, this.id)
    else batch.push(ToListener.REFUSE, this.id, 'BAD_RESPONSE')
    this.ended = true
    this.breakOff()
    this.socket.destroy()
  }

  /** All that has gathered as one text. */
  private gatherText(): void {
    this.text = this.parts.map(asText).join('') + this.text
    this.parts = []
  }

  private post(batch: Batch, bytes: Bytes, flags: number): void {
    if (this.begun) {
      batch.push(ToListener.RESPONSE_BODY, this.id, flags, bytes)
      return
    }
    this.begun = true
    if (this.noStore) flags |= ResponseFlags.NO_STORE
    batch.push(ToListener.RESPONSE, this.id, flags, this.status, bytes)
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

  private callBack(error: Error | null): void {
    const { callbacks } = this
    this.callbacks = []
    for (const callback of callbacks) callback(error)
  }

  /** Tells whoever watches. */
  private end(): void {
    const { watcher } = this
    this.watcher = null
    watcher?.ending(this.watched)
  }

  private breakOff(): void {
    if (this.watcher) this.end()
    this.parts = []
    this.text = ''
    this.socket.exchange = null
    const reset = connectionReset()
    if (this.callbacks.length > 0) {
      // Or node would take the last callback for a finish.
      this.socket._hadError = true
      process.nextTick(() => {
        this.callBack(reset)
      })
    }
    this.request.destroy(reset)
    this.owner.closed(this)
  }
}

/** RFC 9110 section 15.2.2. */
const SWITCHING_PROTOCOLS = 101

const asText = (bytes: Bytes): string =>
  typeof bytes === 'string'
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/** Where a response keeps its exchange, so that one listener serves them all. */
const EXCHANGE = Symbol('exchange')

interface OfExchange {
  [EXCHANGE]?: Exchange
}

function onFinish(this: ServerResponse & OfExchange): void {
  this[EXCHANGE]?.finish()
}

const toLatin1 = (text: string, encoding: BufferEncoding | undefined): string => {
  if (encoding === 'latin1' || encoding === 'binary' || encoding === 'ascii') return text
  // Plain ASCII is the same in both; anything else is turned into its UTF-8 bytes here, on the worker's core.
  if (
    (encoding === undefined || encoding === 'utf8' || encoding === 'utf-8') &&
    Buffer.byteLength(text) === text.length
  ) {
    return text
  }
  return Buffer.from(text, encoding).toString('latin1')
}

const connectionReset = (): Error => Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
