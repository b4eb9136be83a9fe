/** Takes one batch from a worker apart: each message goes to whoever it concerns, one of its requests or WAS. */
import type { ServerEvent } from '../contract/events.js'
import {
  PROTOCOL_VERSION,
  ToListener,
  type Batch,
  type Bytes,
  type LoggedFacts,
} from '../contract/messages.js'

/** Hears what concerns a request; an exchange that it does not know has ended already. */
export interface BatchReader {
  response(exchange: number, flags: number, status: number, bytes: Bytes): void
  responseBody(exchange: number, flags: number, bytes: Bytes): void
  informational(exchange: number, bytes: string): void
  requestAck(exchange: number, bytes: number): void
  reset(exchange: number): void
  refuse(exchange: number, code: unknown): void
  logged(exchange: number, facts: LoggedFacts): void
  tunnelEnd(exchange: number): void
}

/** Hears what the lane has to tell to WAS. */
export interface ReceiverObserver {
  ready(): void
  drained(): void
  /** An application could not be loaded; before `ready`, if the worker was started with it. */
  applicationFailed(application: number): void
  /**
   * It answers a ping: bytes of memory, how busy its event loop was since the last one (0 to 1), and why an application
   * in it has reported itself unhealthy, or null.
   */
  pong(memory: number, utilisation: number, unhealthy: string | null): void
  event(event: ServerEvent): void
  /** It sent something that is no message: it is not to be trusted any more. */
  illFormed(what: string): void
}

/** Stops at the first thing that is no message. */
export const readBatch = (batch: Batch, reader: BatchReader, observer: ReceiverObserver): void => {
  let at = 0
  while (at < batch.length) {
    const exchange = batch[at + 1] as number
    switch (batch[at]) {
      case ToListener.RESPONSE:
        reader.response(exchange, batch[at + 2] as number, batch[at + 3] as number, batch[at + 4] as Bytes)
        at += 5
        break
      case ToListener.RESPONSE_BODY:
        reader.responseBody(exchange, batch[at + 2] as number, batch[at + 3] as Bytes)
        at += 4
        break
      case ToListener.REQUEST_ACK:
        reader.requestAck(exchange, batch[at + 2] as number)
        at += 3
        break
      case ToListener.INFORMATIONAL:
        reader.informational(exchange, batch[at + 2] as string)
        at += 3
        break
      case ToListener.RESET:
        reader.reset(exchange)
        at += 2
        break
      case ToListener.REFUSE:
        reader.refuse(exchange, batch[at + 2])
        at += 3
        break
      case ToListener.LOGGED:
        reader.logged(exchange, batch[at + 2] as LoggedFacts)
        at += 3
        break
      case ToListener.TUNNEL_END:
        reader.tunnelEnd(exchange)
        at += 2
        break
      case ToListener.EVENT:
        observer.event(batch[at + 1] as ServerEvent)
        at += 2
        break
      case ToListener.READY:
        if (batch[at + 1] !== PROTOCOL_VERSION) {
          observer.illFormed(`protocol version ${String(batch[at + 1])}`)
          return
        }
        observer.ready()
        at += 2
        break
      case ToListener.PONG:
        observer.pong(batch[at + 1] as number, batch[at + 2] as number, batch[at + 3] as string | null)
        at += 4
        break
      case ToListener.APPLICATION_FAILED:
        observer.applicationFailed(batch[at + 1] as number)
        at += 2
        break
      case ToListener.DRAINED:
        observer.drained()
        at += 1
        break
      default:
        observer.illFormed(`message kind ${String(batch[at])}`)
        return
    }
  }
}
