/** Puts the head of one request into a batch, as short as the worker's memory of the connection allows. */
import { RequestFlags, ToWorker, type Batch } from '../contract/messages.js'
import type { Receiver } from '../contract/receiver.js'
import type { Application } from '../namespace/application.js'
import type { RequestContext } from '../pipeline/request-context.js'

/** Headers that are those of the connection's last request to the same worker do not travel again. */
export const pushRequest = (
  batch: Batch,
  ctx: RequestContext,
  application: Application,
  exchange: number,
  receiver: Receiver,
): void => {
  const { connection } = ctx
  const same = connection.sentTo === receiver && connection.sentHeaders === ctx.rawHeaders
  connection.sentTo = receiver
  connection.sentHeaders = ctx.rawHeaders
  const flags =
    (same ? RequestFlags.SAME_HEADERS : 0) |
    (ctx.httpVersion === '1.0' ? RequestFlags.HTTP_1_0 : 0) |
    (ctx.httpVersion === '2.0' ? RequestFlags.HTTP_2 : 0) |
    (ctx.keepAlive ? RequestFlags.KEEP_ALIVE : 0) |
    (ctx.incoming ? RequestFlags.HAS_BODY : 0) |
    (ctx.expectsContinue ? RequestFlags.EXPECTS_CONTINUE : 0) |
    (ctx.upgrade ? RequestFlags.UPGRADE : 0) |
    (application.filter?.removesServer === true ? RequestFlags.REMOVE_SERVER : 0)
  batch.push(
    ToWorker.REQUEST,
    exchange,
    connection.id,
    application.id,
    flags,
    ctx.method,
    ctx.url,
    same ? '' : ctx.rawHeaders.join('\n'),
  )
}
