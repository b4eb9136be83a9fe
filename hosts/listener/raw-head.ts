/** Reads the head of a response that node's own ServerResponse has written in a worker. */
import type { Bytes } from '../../core/index.js'

export interface ResponseHead {
  readonly status: number
  readonly reason: string
  /** Names and values in turn. */
  readonly fields: readonly string[]
  /** Whether the body that follows is in chunked coding. */
  readonly chunked: boolean
  /** Bytes of the head, with the empty line that ends it. */
  readonly length: number
}

/** Undefined where `raw` does not begin with a whole head, as the first part of a response does. */
export const parseHead = (raw: Bytes): ResponseHead | undefined => {
  const text = typeof raw === 'string' ? raw : latin1Head(raw)
  const end = text.indexOf('\r\n\r\n')
  const line = /^HTTP\/1\.[01] (\d{3}) ?([^\r\n]*)/.exec(text)
  if (end < 0 || !line) return undefined
  const fields: string[] = []
  let chunked = false
  for (const field of text.slice(0, end).split('\r\n').slice(1)) {
    const colon = field.indexOf(':')
    const name = field.slice(0, colon)
    const value = field.slice(colon + 1).trim()
    fields.push(name, value)
    if (name.toLowerCase() === 'transfer-encoding' && /chunked$/i.test(value)) chunked = true
  }
  return { status: Number(line[1]), reason: line[2] ?? '', fields, chunked, length: end + 4 }
}

const latin1Head = (raw: Uint8Array): string => {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1')
  return bytes.toString('latin1', 0, end < 0 ? undefined : end + 4)
}
