/** A request without a client: the connection that it seems to come by, and the writer that its response ends in. */
import type { Connection } from '../contract/connection.js'
import { PlainConnection } from './plain-connection.js'
import type { RequestContext, ResponseWriter } from './request-context.js'
import { UnreadBody } from './unread-body.js'

/** Ids below zero are theirs: no client's connection has one. */
let lastId = 0

/** Looks like the connection of the client for whose sake the request is made; lives as long as the request. */
export class DetachedConnection extends PlainConnection {
  constructor(like: Connection) {
    super(--lastId, like)
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
