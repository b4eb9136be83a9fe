/** A connection whose socket is somebody else's, or nobody's: what the stages and the workers keep on it. */
import type { Connection } from '../contract/connection.js'
import type { Receiver } from '../contract/receiver.js'
import type { RequestQueue } from '../queue/request-queue.js'

/** Where a connection comes from and to. */
export type Ends = Pick<
  Connection,
  'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort' | 'encrypted'
>

export class PlainConnection implements Connection {
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

  constructor(id: number, { remoteAddress, remotePort, localAddress, localPort, encrypted }: Ends) {
    this.id = id
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
    this.localAddress = localAddress
    this.localPort = localPort
    this.encrypted = encrypted
  }

  /** It is over: workers that know it forget it. */
  gone(): void {
    this.closed = true
    for (const receiver of this.knownTo) receiver.forget(this)
    this.knownTo.clear()
  }
}
