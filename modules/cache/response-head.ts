/** Takes the raw head of an HTTP/1 response apart. */
import type { Bytes } from '../../core/index.js'

const HEAD_END = '\r\n\r\n'

/** Fields of one connection, not of the response: never kept (RFC 9111 section 3.1, RFC 9110 section 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The head as text, with the line end of its last line but without the empty line; null if it is not all there. */
export const headText = (raw: Bytes): string | null => {
  if (typeof raw === 'string') {
    const end = raw.indexOf(HEAD_END)
    return end < 0 ? null : raw.slice(0, end + 2)
  }
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const end = bytes.indexOf(HEAD_END, 0, 'latin1')
  return end < 0 ? null : bytes.toString('latin1', 0, end + 2)
}

/** What follows the head whose text `headText` gave. */
export const afterHead = (raw: Bytes, head: string): Bytes =>
  typeof raw === 'string' ? raw.slice(head.length + 2) : raw.subarray(head.length + 2)

export class ResponseHead {
  /** `200 OK` */
  readonly statusText: string
  /** Names and values in turn, as they were. */
  readonly fields: readonly string[]

  constructor(statusText: string, fields: readonly string[]) {
    this.statusText = statusText
    this.fields = fields
  }

  /** @param text - as `headText` gives it. */
  static read(text: string): ResponseHead {
    const lines = text.split('\r\n')
    const first = lines[0] ?? ''
    const fields: string[] = []
    for (let at = 1; at < lines.length - 1; at++) {
      const line = lines[at] ?? ''
      const colon = line.indexOf(':')
      fields.push(line.slice(0, colon), line.slice(colon + 1).trim())
    }
    return new ResponseHead(first.slice(first.indexOf(' ') + 1), fields)
  }

  /** All values of the field of that lower-case name. */
  values(name: string): string[] {
    return this.fields.filter((_, at) => at % 2 === 1 && this.fields[at - 1]?.toLowerCase() === name)
  }

  /** All values joined by `, `; undefined where there is none. */
  list(name: string): string | undefined {
    const values = this.values(name)
    return values.length === 0 ? undefined : values.join(', ')
  }

  /** The fields that belong to the response wherever it goes, without those of lower-case names in `except`. */
  endToEnd(except: readonly string[]): string[] {
    const named = (this.list('connection') ?? '').toLowerCase().split(',')
    const dropped = new Set([...HOP_BY_HOP, ...except, ...named.map((name) => name.trim())])
    return this.fields.filter((_, at) => !dropped.has((this.fields[at - (at % 2)] ?? '').toLowerCase()))
  }
}
