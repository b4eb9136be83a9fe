/** Holds one response to what a client must be able to rely on, before it leaves its worker: one head, and the body that it says. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatheredBytes } from './gathered-bytes.js'
import { madeHead } from './node-internals.js'
import { BodyWatch } from './response-body.js'
import { headInspector, type ResponseFault } from './response-head.js'

/** What has gathered may leave; or its head is not whole yet; or it cannot be sent, and why. */
export type Verdict = 'sound' | 'more' | ResponseFault

/** Whose response it is. */
export interface CheckedResponse {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The answer is no valid response, and was made one. */
  faulty(fault: ResponseFault): void
}

export class ResponseCheck {
  /** The header Server is left out. */
  removesServer = false
  /** Of the head that has left. */
  status = 0
  /** The application has written the response to its socket by itself: nobody but us has looked at it. */
  foreign = false
  /** Bytes of what was looked at last that do not leave, so that nobody will acknowledge them. */
  spared = 0
  /** Null where the body is as long as node makes it. */
  private watch: BodyWatch | null = null

  /** Whether what follows the head has to be looked at too. */
  get watches(): boolean {
    return this.watch !== null
  }

  /** What node does not know to be whole is: nothing that follows is part of it. */
  get isWhole(): boolean {
    return this.foreign && this.watch?.complete === true
  }

  /** @param over - nothing more will come */
  head(gathered: GatheredBytes, of: CheckedResponse, sent: number, over: boolean): Verdict {
    const { response, request } = of
    let first = gathered.first()
    let trusted = madeHead(response, first)
    const toHead = request.method === 'HEAD'
    let sound = headInspector.inspect(first, trusted, toHead, this.removesServer)
    if (!sound && headInspector.fault === null && gathered.hasMore) {
      first = gathered.join()
      trusted = false
      sound = headInspector.inspect(first, false, toHead, this.removesServer)
    }
    const { status, length, body, contentLength, rewritten, fault } = headInspector
    if (!sound) return fault ?? (over ? 'head' : 'more')
    // A client takes it for an interim response, and the next one for the answer.
    if (status < 200) return 'head'
    if (fault !== null) of.faulty(fault)
    this.status = status
    this.foreign = !trusted
    this.spared = 0
    // What node has made, and is whole, needs no watching unless it is too long.
    const isShort = response.writableEnded && sent - length <= contentLength
    if (!trusted || (body === 'length' && !isShort)) this.watch = new BodyWatch(body, contentLength)
    if (rewritten === null && this.watch === null) return 'sound'
    gathered.putFirst(first.slice(length))
    const verdict = this.body(gathered, of)
    if (verdict !== 'sound') return verdict
    this.spared += length - (rewritten?.length ?? length)
    gathered.putFirst((rewritten ?? first.slice(0, length)) + gathered.first())
    return 'sound'
  }

  /** Leaves of what has gathered only what belongs to the body. */
  body(gathered: GatheredBytes, of: CheckedResponse): Verdict {
    const { watch } = this
    this.spared = 0
    if (!watch) return 'sound'
    const before = watch.dropped
    if (!gathered.cut(watch)) return 'lengths'
    this.spared = watch.dropped - before
    if (before === 0 && watch.dropped > 0 && this.foreign) of.faulty('body')
    return 'sound'
  }
}

/** Whether `text` is one interim response and nothing else. */
export const isInterim = (text: string): boolean =>
  headInspector.inspect(text, false, false, false) &&
  headInspector.length === text.length &&
  headInspector.status !== SWITCHING_PROTOCOLS &&
  headInspector.fault === null

/** RFC 9110 section 15.2.2. */
const SWITCHING_PROTOCOLS = 101
