/** A request without a client: the connection that it seems to come by, and the writer that its response ends in. */
import type { Connection } from '../contract/connection.js'
import type { Receiver } from '../contract/receiver.js'
import type { RequestQueue } from '../queue/request-queue.js'
import type { RequestContext, ResponseWriter } from './request-context.js'
import { UnreadBody } from './unread-body.js'

/** Ids below zero are theirs: no client's connection has one. */
let lastId = 0

/** Looks like the connection of the client for whose sake the request is made; lives as long as the request. */
export class DetachedConnection implements Connection {
  readonly id = --lastId
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

  constructor(like: Connection) {
    this.remoteAddress = like.remoteAddress
    this.remotePort = like.remotePort
    this.localAddress = like.localAddress
    this.localPort = like.localPort
    this.encrypted = like.encrypted
  }

  /** The request is over: workers that know the connection forget it. */
  end(): void {
    this.closed = true
    for (const receiver of this.knownTo) receiver.forget(this)
    this.knownTo.clear()
  }
}

/** Reads the response to its end, for those who have tapped it. */
export const discardingWriter: ResponseWriter = {
  send(ctx: RequestContext) {
    const { stream, raw } = ctx.response
    if (!stream) return 'CONTINUE'
    stream.consumed(raw?.length ?? 0)
    stream.pipe(
      new UnreadBody(stream, () => {
        ctx.resume('CONTINUE')
      }),
    )
    return 'PENDING'
  },
  inform: () => undefined,
}
