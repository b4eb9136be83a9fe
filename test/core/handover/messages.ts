/** Reads batches as the other side does: into one array for each message. */
import { ToWorker, type Batch } from '../../../core/contract/messages.js'

/** Fields of each kind of message, with the kind: core/contract/messages.ts. */
const FIELDS: Readonly<Record<number, number>> = {
  [ToWorker.START]: 2,
  [ToWorker.CONNECT]: 7,
  [ToWorker.DISCONNECT]: 2,
  [ToWorker.APPLICATION]: 2,
  [ToWorker.REQUEST]: 8,
  [ToWorker.BODY]: 3,
  [ToWorker.BODY_END]: 3,
  [ToWorker.ABORT]: 2,
  [ToWorker.RESPONSE_ACK]: 3,
  [ToWorker.DRAIN]: 3,
  [ToWorker.PING]: 1,
}

export const messagesToWorker = (batch: Batch): unknown[][] => {
  const messages: unknown[][] = []
  let at = 0
  while (at < batch.length) {
    const fields = FIELDS[batch[at] as number]
    if (fields === undefined || at + fields > batch.length)
      throw new Error(`No message: ${String(batch[at])}`)
    messages.push(batch.slice(at, at + fields))
    at += fields
  }
  return messages
}
