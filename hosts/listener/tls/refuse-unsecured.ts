/** A connection that TLS did not come about on: it has no request, but its line in the HTTP error log. */
import { RequestContext, type Clock, type Connection, type ErrorCode } from '../../../core/index.js'
import type { Pipeline } from '../../../core/pipeline/pipeline.js'
import type { Ends } from '../door.js'

export const refuseUnsecured = (
  pipeline: Pipeline,
  clock: Clock,
  id: number,
  ends: Ends,
  code: ErrorCode,
): void => {
  const ctx = new RequestContext(
    pipeline,
    connectionOf(id, ends),
    { send: () => 'CONTINUE', inform: () => undefined },
    '',
    '',
    '1.1',
    [],
    null,
    false,
    false,
    clock.now(),
  )
  pipeline.refuse(ctx, code)
}

/** It is over already. */
const connectionOf = (id: number, ends: Ends): Connection & { done(): void; endSoon(): void } => ({
  id,
  ...ends,
  encrypted: false,
  tls: null,
  receiver: null,
  receiverQueue: null,
  headers: [],
  sentHeaders: [],
  sentTo: null,
  knownTo: new Set(),
  closed: true,
  done: () => undefined,
  endSoon: () => undefined,
})
