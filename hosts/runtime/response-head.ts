/**
 * Looks at the head of a response before it leaves a worker: two readers must not see two different responses in it.
 *
 * Node's own ServerResponse lets no bad characters in, but takes any lengths that an application sets; what an application
 * writes to its socket by itself is looked at by nobody else (RFC 9110 section 5.5, RFC 9112 sections 2.2 and 6.3).
 */

import { beginsWith } from './begins-with.js'

/** Why a response is not forwarded as the application has given it. */
export type ResponseFault = 'head' | 'lengths' | 'informational' | 'body'

/** What the head says of the body that follows. */
export type BodyRule = 'none' | 'length' | 'chunked' | 'untilClose'

/** A head longer than this is none. */
export const LONGEST_HEAD = 65_536

const TOKEN_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/
const STATUS_LINE = /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?$/
const CONTENT_LENGTH = 'content-length:'
const TRANSFER_ENCODING = 'transfer-encoding:'
const SERVER = 'server:'
const LF = '\n'

/** A head that was found sound as it is, and what was found. */
interface SoundHead {
  readonly text: string
  readonly toHead: boolean
  readonly removesServer: boolean
  readonly status: number
  readonly body: BodyRule
  readonly contentLength: number
}

/** One for a worker: what it found last stands in its fields, so that a response costs no object. */
class HeadInspector {
  status = 0
  /** Bytes of the head as the application gave it; 0 where it is not complete. */
  length = 0
  body: BodyRule = 'none'
  contentLength = 0
  fault: ResponseFault | null = null
  /** The head to send instead; null where it can stay. */
  rewritten: string | null = null
  private drops: string[] = []
  /** A busy application answers with the same head for a second, until its Date changes. */
  private last: SoundHead | null = null

  /**
   * Answers whether the head can be sent; false with a `fault`, or with none where its end has not come yet.
   *
   * @param trusted - node's ServerResponse has made it
   */
  inspect(text: string, trusted: boolean, toHead: boolean, removesServer: boolean): boolean {
    this.reset()
    if (trusted && this.isLast(text, toHead, removesServer)) return true
    if (!this.read(text, trusted, toHead, removesServer)) return false
    if (trusted && this.fault === null && this.rewritten === null) {
      const { status, body, contentLength } = this
      const head = text.slice(0, this.length)
      this.last = { text: head, toHead, removesServer, status, body, contentLength }
    }
    return true
  }

  private reset(): void {
    this.fault = null
    this.rewritten = null
    this.length = 0
  }

  private isLast(text: string, toHead: boolean, removesServer: boolean): boolean {
    const { last } = this
    if (!last || !beginsWith(text, last.text)) return false
    if (last.toHead !== toHead || last.removesServer !== removesServer) return false
    this.status = last.status
    this.length = last.text.length
    this.body = last.body
    this.contentLength = last.contentLength
    return true
  }

  private read(text: string, trusted: boolean, toHead: boolean, removesServer: boolean): boolean {
    if (this.drops.length > 0) this.drops = []
    let lengths = 0
    let declared = ''
    let coding = ''
    let at = 0
    for (;;) {
      const feed = text.indexOf(LF, at)
      if (feed < 0) return text.length > LONGEST_HEAD ? this.found('head') : false
      if (text.charCodeAt(feed - 1) !== 13 || text.indexOf('\r', at) !== feed - 1) return this.found('head')
      if (feed - 1 === at) {
        if (at === 0) return this.found('head')
        at = feed + 1
        break
      }
      if (at === 0) {
        if (!STATUS_LINE.test(text.slice(0, feed - 1))) return this.found('head')
        this.status = Number(text.slice(9, 12))
      } else {
        if (!trusted && !TOKEN_LINE.test(text.slice(at, feed - 1))) return this.found('head')
        switch (text.charCodeAt(at) | 0x20) {
          case 0x63:
            if (!isNamed(text, at, CONTENT_LENGTH)) break
            // The one that comes again says the same, or nobody knows which is true.
            if (lengths++ > 0) this.drops.push(text.slice(at, feed + 1))
            if (lengths > 1 && declared !== valueOf(text, at, CONTENT_LENGTH, feed))
              return this.found('lengths')
            declared = valueOf(text, at, CONTENT_LENGTH, feed)
            break
          case 0x74:
            if (isNamed(text, at, TRANSFER_ENCODING))
              coding += `,${valueOf(text, at, TRANSFER_ENCODING, feed).toLowerCase()}`
            break
          case 0x73:
            if (removesServer && isNamed(text, at, SERVER)) this.drops.push(text.slice(at, feed + 1))
            break
        }
      }
      at = feed + 1
    }
    this.length = at
    if (at > LONGEST_HEAD || text.slice(0, at).includes('\0')) return this.found('head')
    if (lengths > 1) this.fault = 'lengths'
    if (!this.frame(lengths > 0 ? declared : null, coding, toHead)) return this.found('lengths')
    if (this.drops.length > 0) this.rewritten = without(text.slice(0, at), this.drops)
    return true
  }

  /** What follows the head; false where that cannot be told. */
  private frame(declared: string | null, coding: string, toHead: boolean): boolean {
    const { status } = this
    if (declared !== null && !/^\d{1,16}$/.test(declared)) return false
    const chunked = coding === ',chunked' || coding.endsWith(', chunked') || coding.endsWith(',chunked')
    if (coding !== '' && !chunked) return false
    this.contentLength = declared === null ? 0 : Number(declared)
    const bodiless = status < 200 || status === 204
    if (bodiless) {
      // RFC 9110 section 8.6, RFC 9112 section 6.1. A length of 0 is harmless, and sent by many.
      if (coding !== '') this.drop(TRANSFER_ENCODING)
      if (this.contentLength > 0) this.drop(CONTENT_LENGTH)
    } else if (declared !== null && coding !== '') this.drop(CONTENT_LENGTH)
    if (bodiless || status === 304 || toHead) this.body = 'none'
    else if (chunked) this.body = 'chunked'
    else this.body = declared === null ? 'untilClose' : 'length'
    return true
  }

  /** To be left out, by name. */
  private drop(name: string): void {
    this.drops.push(name)
    this.fault = 'lengths'
  }

  private found(fault: ResponseFault): false {
    this.fault = fault
    return false
  }
}

export const headInspector = new HeadInspector()

const isNamed = (text: string, at: number, name: string): boolean =>
  text.charCodeAt(at + name.length - 1) === 0x3a && text.slice(at, at + name.length).toLowerCase() === name

const valueOf = (text: string, at: number, name: string, feed: number): string =>
  text.slice(at + name.length, feed - 1).trim()

/** Each of `drops` is a whole line, of which the last one like it goes, or a name with its colon, of which all go. */
const without = (head: string, drops: readonly string[]): string => {
  let lines = head.split('\r\n')
  for (const drop of drops) {
    if (drop.endsWith(LF)) {
      const at = lines.lastIndexOf(drop.slice(0, -2))
      if (at >= 0) lines.splice(at, 1)
    } else lines = lines.filter((line) => !line.toLowerCase().startsWith(drop))
  }
  return lines.join('\r\n')
}
