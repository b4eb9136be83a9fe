/** Bytes of a response that have been written within one tick and not been posted yet. */
import type { Batch, Bytes } from '../../core/contract/messages.js'
import type { Outbox } from '../../core/handover/outbox.js'

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
