/** Bytes of a response that have been written within one tick and not been posted yet. */
import type { Batch, Bytes } from '../../core/contract/messages.js'
import type { Outbox } from '../../core/handover/outbox.js'
import type { BodyWatch } from './response-body.js'

/** Larger pieces travel as memory of their own, smaller ones as part of a string. */
const BINARY_FROM = 8_192

/** Posts a piece of its response. */
export interface BytesTarget {
  post(batch: Batch, bytes: Bytes, flags: number): void
}

export class GatheredBytes {
  /** Most responses are text, and never need them. */
  private parts: Bytes[] | null = null
  private text = ''

  /** @param latin1 - one byte in each character */
  addText(latin1: string): void {
    this.text += latin1
  }

  addBytes(chunk: Uint8Array, outbox: Outbox): void {
    if (chunk.length < BINARY_FROM) {
      this.text += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
      return
    }
    const parts = (this.parts ??= [])
    if (this.text !== '') parts.push(this.text)
    this.text = ''
    parts.push(outbox.pack(chunk, false))
  }

  get isEmpty(): boolean {
    return this.text === '' && this.parts === null
  }

  /** Whether there is more than `first` answers with. */
  get hasMore(): boolean {
    return this.parts !== null
  }

  /** The first piece, as text. */
  first(): string {
    const [first] = this.parts ?? []
    if (typeof first === 'object') return this.join()
    return first ?? this.text
  }

  /** In the place of what `first` answers with. */
  putFirst(text: string): void {
    if (this.parts) this.parts[0] = text
    else this.text = text
  }

  /** Makes one text of all pieces. */
  join(): string {
    if (this.parts) this.text = this.parts.map(asText).join('') + this.text
    this.parts = null
    return this.text
  }

  /** Leaves what belongs to the body; false where it is none. */
  cut(watch: BodyWatch): boolean {
    const { parts } = this
    for (let at = 0; parts && at < parts.length; at++) {
      const taken = watch.take(parts[at] ?? '')
      if (taken === null) return false
      parts[at] = taken
    }
    const text = watch.take(this.text)
    if (typeof text !== 'string') return false
    this.text = text
    return true
  }

  /** Puts all pieces but the last into the batch; answers with that, or null where there is nothing. */
  leave(to: BytesTarget, batch: Batch): Bytes | null {
    const { parts, text } = this
    const last = text === '' ? null : text
    this.text = ''
    if (!parts) return last
    this.parts = null
    if (last !== null) parts.push(last)
    const end = parts.pop() ?? null
    for (const part of parts) to.post(batch, part, 0)
    return end
  }

  clear(): void {
    this.parts = null
    this.text = ''
  }
}

const asText = (bytes: Bytes): string =>
  typeof bytes === 'string'
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

export const toLatin1 = (text: string, encoding: BufferEncoding | undefined): string => {
  if (encoding === 'latin1' || encoding === 'binary' || encoding === 'ascii') return text
  // Plain ASCII is the same in both; anything else is turned into its UTF-8 bytes here, on the worker's core.
  if (
    (encoding === undefined || encoding === 'utf8' || encoding === 'utf-8') &&
    Buffer.byteLength(text) === text.length
  ) {
    return text
  }
  return Buffer.from(text, encoding).toString('latin1')
}
