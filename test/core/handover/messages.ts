/** Reads batches as the other side does: into one array for each message. */
import { ToListener, ToWorker, type Batch } from '../../../core/contract/messages.js'

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
  [ToWorker.ENDING]: 3,
}

const FIELDS_TO_LISTENER: Readonly<Record<number, number>> = {
  [ToListener.READY]: 2,
  [ToListener.RESPONSE]: 5,
  [ToListener.RESPONSE_BODY]: 4,
  [ToListener.INFORMATIONAL]: 3,
  [ToListener.RESET]: 2,
  [ToListener.REQUEST_ACK]: 3,
  [ToListener.REFUSE]: 3,
  [ToListener.EVENT]: 2,
  [ToListener.DRAINED]: 1,
  [ToListener.PONG]: 4,
  [ToListener.APPLICATION_FAILED]: 2,
}

export const messagesToListener = (batch: Batch): unknown[][] => divide(batch, FIELDS_TO_LISTENER)
export const messagesToWorker = (batch: Batch): unknown[][] => divide(batch, FIELDS)

const divide = (batch: Batch, all: Readonly<Record<number, number>>): unknown[][] => {
  const messages: unknown[][] = []
  let at = 0
  while (at < batch.length) {
    const fields = all[batch[at] as number]
    if (fields === undefined || at + fields > batch.length)
      throw new Error(`No message: ${String(batch[at])}`)
    messages.push(batch.slice(at, at + fields))
    at += fields
  }
  return messages
}
