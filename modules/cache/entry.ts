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
  /** By which it may be forgotten. */
  readonly tags: readonly string[]
  /** That of its pool's queue, where it ends with the workers of today; -1 where it outlives them. */
  readonly edition: number
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
  /** A request of the cache's own is fetching the next one. */
  refreshing = false
  /** When it has answered a request last; milliseconds since the epoch. */
  usedAt: number
  /** Runs once, when it is live no more. */
  onRetired: (() => void) | null = null
  private readonly cacheName: string
  private readonly head: string
  private image: Buffer
  private imageAge: number

  /** @param cacheName - what Cache-Status calls the cache; '' where it says nothing. */
  constructor(facts: EntryFacts, body: Uint8Array, now: number, cacheName = '') {
    const { status, statusText, fields, variant, freshness } = facts
    this.facts = facts
    this.usedAt = now
    this.cacheName = cacheName
    this.length = body.length
    const length = status === 204 ? '' : `Content-Length: ${body.length}\r\n`
    this.head = headOf(statusText, fields, NONE, length)
    this.imageAge = ageAt(freshness, now)
    this.image = concat(this.head + this.tail(now, true), body, allocateForLong)
    const text = this.head.length + lengthOf(fields) + lengthOf(variant.names) + lengthOf(variant.values)
    this.size = OVERHEAD + this.image.length + text
  }

  get body(): Buffer {
    return this.image.subarray(this.image.length - this.length)
  }

  /** It is kept no more. */
  retire(): void {
    if (!this.live) return
    this.live = false
    this.onRetired?.()
  }

  /**
   * The whole response. Of connections that end with it no image is kept: they cost more than a copy anyway.
   *
   * @param how - for Cache-Status, where this is no plain hit
   */
  whole(now: number, keepAlive: boolean, how = ''): Buffer {
    if (!keepAlive || how !== '')
      return concat(this.head + this.tail(now, keepAlive, how), this.body, allocate)
    const age = ageAt(this.facts.freshness, now)
    if (age !== this.imageAge) {
      this.image = concat(this.head + this.tail(now, true), this.body, allocateForLong)
      this.imageAge = age
    }
    return this.image
  }

  /** The answer to HEAD. */
  headOnly(now: number, keepAlive: boolean, how = ''): string {
    return this.head + this.tail(now, keepAlive, how)
  }

  /** 304. */
  notModified(now: number, keepAlive: boolean, how = ''): string {
    return headOf('304 Not Modified', this.facts.fields, REPRESENTATION, '') + this.tail(now, keepAlive, how)
  }

  /** 206. */
  part({ start, end }: ByteRange, now: number, keepAlive: boolean, how = ''): Buffer {
    const own = `Content-Range: bytes ${start}-${end - 1}/${this.length}\r\nContent-Length: ${end - start}\r\n`
    const head = headOf('206 Partial Content', this.facts.fields, NONE, own) + this.tail(now, keepAlive, how)
    return concat(head, this.body.subarray(start, end), allocate)
  }

  /** The fields that differ from hit to hit, and the empty line. */
  private tail(now: number, keepAlive: boolean, how = ''): string {
    const { freshness } = this.facts
    const age = ageAt(freshness, now)
    const text = `Age: ${age}\r\nConnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n`
    if (this.cacheName === '') return `${text}\r\n`
    const left = Math.floor((freshness.freshUntil - freshness.bornAt) / 1000) - age
    const told = how !== '' ? how : Number.isFinite(left) ? `hit; ttl=${left}` : 'hit'
    return `${text}Cache-Status: ${this.cacheName}; ${told}\r\n\r\n`
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
