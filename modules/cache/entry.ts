/** One stored response: its facts, and its bytes ready to be written. */
import type { Application } from '../../core/index.js'
import type { Validators } from './conditional.js'
import { ageAt, type Freshness } from './freshness.js'
import type { ByteRange } from './range.js'
import type { Variant } from './vary.js'

/** What is known of a stored response beside its bytes. */
export interface EntryFacts extends Validators {
  readonly application: Application
  readonly status: number
  /** `200 OK` */
  readonly statusText: string
  /** End-to-end fields, names and values in turn, Date among them; without Age and Content-Length. */
  readonly fields: readonly string[]
  readonly variant: Variant
  readonly freshness: Freshness
}

/** Bytes of an entry's objects, beside its text and image: measured at 1,700 with a browser's request, and rounded up. */
const OVERHEAD = 2048

/** Describes the representation, and so has no place in a 304 (RFC 9110 section 15.4.5). */
const REPRESENTATION: ReadonlySet<string> = new Set([
  'content-type',
  'content-encoding',
  'content-language',
  'content-range',
])
const NONE: ReadonlySet<string> = new Set()

/**
 * Holds its bytes once, as an image of the whole response on a connection that stays open. A new image is made for the
 * first hit in each second of age and takes the place of the one before: all others write the same Buffer.
 */
export class Entry {
  readonly facts: EntryFacts
  readonly length: number
  /** Bytes that it occupies. */
  readonly size: number
  /** False once it was replaced, invalidated or evicted. */
  live = true
  private readonly head: string
  private image: Buffer
  private imageAge: number

  constructor(facts: EntryFacts, body: Uint8Array, now: number) {
    const { status, statusText, fields, variant, freshness } = facts
    this.facts = facts
    this.length = body.length
    const length = status === 204 ? '' : `Content-Length: ${body.length}\r\n`
    this.head = headOf(statusText, fields, NONE, length)
    this.imageAge = ageAt(freshness, now)
    this.image = concat(this.head + tail(this.imageAge, true), body, allocateForLong)
    const text = this.head.length + lengthOf(fields) + lengthOf(variant.names) + lengthOf(variant.values)
    this.size = OVERHEAD + this.image.length + text
  }

  get body(): Buffer {
    return this.image.subarray(this.image.length - this.length)
  }

  /** The whole response. Of connections that end with it no image is kept: they cost more than a copy anyway. */
  whole(now: number, keepAlive: boolean): Buffer {
    const age = ageAt(this.facts.freshness, now)
    if (!keepAlive) return concat(this.head + tail(age, false), this.body, allocate)
    if (age !== this.imageAge) {
      this.image = concat(this.head + tail(age, true), this.body, allocateForLong)
      this.imageAge = age
    }
    return this.image
  }

  /** The answer to HEAD. */
  headOnly(now: number, keepAlive: boolean): string {
    return this.head + tail(ageAt(this.facts.freshness, now), keepAlive)
  }

  /** 304. */
  notModified(now: number, keepAlive: boolean): string {
    const { fields, freshness } = this.facts
    return headOf('304 Not Modified', fields, REPRESENTATION, '') + tail(ageAt(freshness, now), keepAlive)
  }

  /** 206. */
  part({ start, end }: ByteRange, now: number, keepAlive: boolean): Buffer {
    const { fields, freshness } = this.facts
    const own = `Content-Range: bytes ${start}-${end - 1}/${this.length}\r\nContent-Length: ${end - start}\r\n`
    const head = headOf('206 Partial Content', fields, NONE, own) + tail(ageAt(freshness, now), keepAlive)
    return concat(head, this.body.subarray(start, end), allocate)
  }
}

/** Status line and fields, each with its line end. Joined, not added up: a chain of additions would be kept as such. */
const headOf = (
  statusText: string,
  fields: readonly string[],
  except: ReadonlySet<string>,
  own: string,
): string => {
  const parts = [`HTTP/1.1 ${statusText}\r\n`]
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? ''
    if (!except.has(name.toLowerCase())) parts.push(name, ': ', fields[at + 1] ?? '', '\r\n')
  }
  parts.push(own)
  return parts.join('')
}

/** The fields that differ from hit to hit, and the empty line. */
const tail = (age: number, keepAlive: boolean): string =>
  `Age: ${age}\r\nConnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n\r\n`

const allocate = (size: number): Buffer => Buffer.allocUnsafe(size)
/** Not a slice of node's pool, the whole of which an entry that lives long would keep from being freed. */
const allocateForLong = (size: number): Buffer => Buffer.allocUnsafeSlow(size)

const concat = (head: string, body: Uint8Array, allocated: typeof allocate): Buffer => {
  const bytes = allocated(head.length + body.length)
  bytes.write(head, 0, 'latin1')
  bytes.set(body, head.length)
  return bytes
}

const lengthOf = (texts: readonly (string | undefined)[]): number =>
  texts.reduce((sum, text) => sum + (text?.length ?? 0), 0)
