/** Takes one batch from the listener apart: each message goes to whoever it concerns. */
import {
  ToWorker,
  type ApplicationSettings,
  type Batch,
  type WorkerSettings,
} from '../../core/contract/messages.js'

/** Hears the messages, in the order in which they were sent. */
export interface BatchReader {
  /** The fields of the message stand in the batch from `at`, its kind first. */
  request(batch: Batch, at: number): void
  connect(batch: Batch, at: number): void
  disconnect(connection: number): void
  body(exchange: number, chunk: Uint8Array): void
  bodyEnd(exchange: number, rawTrailers: string[]): void
  responseAck(exchange: number, bytes: number): void
  abort(exchange: number): void
  application(settings: ApplicationSettings): void
  start(settings: WorkerSettings): void
  drain(deadline: number, reason: string): void
  ending(deadline: number, reason: string): void
  ping(): void
}

/**
 * An exception of an application is an uncaught one, as on node's own server, but takes nothing from the messages behind
 * it: the application may choose to live on.
 */
export const readBatch = (batch: Batch, reader: BatchReader, from = 0): void => {
  let at = from
  try {
    while (at < batch.length) {
      const id = batch[at + 1] as number
      switch (batch[at]) {
        case ToWorker.REQUEST:
          at += 8
          reader.request(batch, at - 8)
          break
        case ToWorker.BODY:
          at += 3
          reader.body(id, batch[at - 1] as Uint8Array)
          break
        case ToWorker.BODY_END:
          at += 3
          reader.bodyEnd(id, splitHeaders(batch[at - 1] as string))
          break
        case ToWorker.RESPONSE_ACK:
          at += 3
          reader.responseAck(id, batch[at - 1] as number)
          break
        case ToWorker.ABORT:
          at += 2
          reader.abort(id)
          break
        case ToWorker.CONNECT:
          at += 7
          reader.connect(batch, at - 7)
          break
        case ToWorker.DISCONNECT:
          at += 2
          reader.disconnect(id)
          break
        case ToWorker.APPLICATION:
          at += 2
          reader.application(batch[at - 1] as ApplicationSettings)
          break
        case ToWorker.START:
          at += 2
          reader.start(batch[at - 1] as WorkerSettings)
          break
        case ToWorker.DRAIN:
          at += 3
          reader.drain(id, batch[at - 1] as string)
          break
        case ToWorker.ENDING:
          at += 3
          reader.ending(id, batch[at - 1] as string)
          break
        case ToWorker.PING:
          at += 1
          reader.ping()
          break
        default: {
          const kind = String(batch[at])
          at = batch.length
          throw new Error(`Unknown message kind ${kind} from the listener`)
        }
      }
    }
  } catch (error) {
    process.nextTick(rethrow, error)
    readBatch(batch, reader, at)
  }
}

/** Makes an uncaught exception of what was caught. */
export const rethrow = (error: unknown): never => {
  throw error
}

/** Header lines as they travel: names and values in turn, a line feed between; no field may hold one. */
export const splitHeaders = (joined: string): string[] => (joined === '' ? [] : joined.split('\n'))
