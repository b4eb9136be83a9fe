/**
 * What a stream of HTTP/2 is to the rest of the house: a connection with one request at a time. A client's connection has as many
 * as it has requests at once; they come from one place, keep one worker, and are used again.
 */
import type { Connection, Receiver, RequestContext, RequestQueue } from '../../../core/index.js'
import type { TlsFacts } from '../../../core/contract/tls.js'
import type { Http2Connection } from './http2-connection.js'

export class Http2Lane implements Connection {
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly encrypted: boolean
  readonly tls: TlsFacts | null
  headers: readonly string[] = []
  sentHeaders: readonly string[] = []
  sentTo: Receiver | null = null
  readonly knownTo = new Set<Receiver>()
  closed = false
  /** The request that is on its way. */
  current: RequestContext | null = null
  private readonly owner: Http2Connection

  constructor(id: number, owner: Http2Connection) {
    const { remoteAddress, remotePort, localAddress, localPort, tls } = owner.place
    this.id = id
    this.owner = owner
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
    this.localAddress = localAddress
    this.localPort = localPort
    this.tls = tls
    this.encrypted = tls !== null
  }

  /** What the limits hold on to. */
  get limited(): Http2Connection {
    return this.owner
  }

  get receiver(): Receiver | null {
    return this.owner.receiver
  }

  set receiver(receiver: Receiver | null) {
    this.owner.receiver = receiver
  }

  get receiverQueue(): RequestQueue | null {
    return this.owner.receiverQueue
  }

  set receiverQueue(queue: RequestQueue | null) {
    this.owner.receiverQueue = queue
  }

  /** The log has run. */
  done(ctx: RequestContext): void {
    if (this.current !== ctx) return
    this.current = null
    this.owner.release(this)
  }

  endSoon(): void {
    this.owner.endSoon()
  }

  /** Nobody shall know it any more. */
  forget(): void {
    this.closed = true
    for (const receiver of this.knownTo) receiver.forget(this)
    this.knownTo.clear()
  }
}
