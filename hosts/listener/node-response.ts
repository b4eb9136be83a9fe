/**
 * Finishes node's own response object after the listener has written the response's bytes to the socket itself.
 *
 * Node's server bookkeeping (next pipelined request, keep-alive timer, unread body) hangs on the response's 'finish'
 * event. Serialising a response a second time would cost the listener more than all of its own work, so the bytes go to
 * the socket and the event is emitted here. The test of this file runs on every Node version that we support; where the
 * hook is missing, `canFinish` says so and the listener falls back to `FieldWriter`.
 */
import type { ServerResponse } from 'node:http'

/** Marks the response as sent and lets node go on with the connection. */
export const finishNodeResponse = (response: ServerResponse): void => {
  ;(response as { finished: boolean }).finished = true
  response.emit('finish')
}

/** Whether node's server listens to 'finish' on the responses it makes, as all versions from 8 to 24 do. */
export const canFinish = (response: ServerResponse): boolean => response.listenerCount('finish') > 0

/** Whether the client keeps the connection open if the server does: node's parser has worked it out already. */
export const clientKeepsAlive = (response: ServerResponse): boolean => response.shouldKeepAlive
