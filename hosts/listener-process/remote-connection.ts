/** A client's connection that a listener process holds, as the stages in the server see it. */
import type { Connection, Receiver, RequestContext, RequestQueue } from '../../core/index.js'

export class RemoteConnection implements Connection {
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly encrypted: boolean
  receiver: Receiver | null = null
  receiverQueue: RequestQueue | null = null
  headers: readonly string[] = []
  sentHeaders: readonly string[] = []
  sentTo: Receiver | null = null
  readonly knownTo = new Set<Receiver>()
  closed = false

  constructor(
    id: number,
    remoteAddress: string,
    remotePort: number,
    localAddress: string,
    localPort: number,
    encrypted: boolean,
  ) {
    this.id = id
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
    this.localAddress = localAddress
    this.localPort = localPort
    this.encrypted = encrypted
  }

  /** The log has run: the process knows by itself that its connection may go on. */
  done(_ctx: RequestContext): void {
    return
  }

  /** The process ends it by itself. */
  endSoon(): void {
    return
  }

  gone(): void {
    this.closed = true
    for (const receiver of this.knownTo) receiver.forget(this)
    this.knownTo.clear()
  }
}
