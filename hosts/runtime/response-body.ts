/** Holds the body of a response to what its head says: nothing beyond the end that its client will see is sent. */
import type { Bytes } from '../../core/contract/messages.js'
import type { BodyRule } from './response-head.js'

const LF = 10
/** Digits of a chunk size, and characters of a line between chunks. */
const LONGEST_LINE = 8_192

/** One for each response whose body needs watching. */
export class BodyWatch {
  /** The body is whole: whatever follows is none of it. */
  complete = false
  /** Bytes that were taken away. */
  dropped = 0
  /** Bytes that may still come; of a chunk, where the body is chunked. */
  private left: number
  private readonly chunked: boolean
  private state: 'size' | 'data' | 'dataEnd' | 'trailer' = 'size'
  private line = ''

  constructor(rule: BodyRule, contentLength: number) {
    this.chunked = rule === 'chunked'
    this.left = rule === 'length' ? contentLength : rule === 'untilClose' ? Infinity : 0
    this.complete = !this.chunked && this.left === 0
  }

  /** The part of `bytes` that belongs to the body; null where they are no chunked body. */
  take(bytes: Bytes): Bytes | null {
    if (this.complete) {
      this.dropped += bytes.length
      return bytes.slice(0, 0)
    }
    const end = this.chunked ? this.scan(bytes) : Math.min(this.left, bytes.length)
    if (end < 0) return null
    if (!this.chunked) {
      this.left -= end
      this.complete = this.left === 0
    }
    if (end === bytes.length) return bytes
    this.dropped += bytes.length - end
    return bytes.slice(0, end)
  }

  /** Where the chunked body ends in `bytes`, or their end; -1 for what is none (RFC 9112 section 7.1). */
  private scan(bytes: Bytes): number {
    const codeAt = (at: number): number =>
      typeof bytes === 'string' ? bytes.charCodeAt(at) : (bytes[at] ?? 0)
    let at = 0
    while (at < bytes.length) {
      if (this.state === 'data') {
        const count = Math.min(this.left, bytes.length - at)
        this.left -= count
        at += count
        if (this.left === 0) this.state = 'dataEnd'
        continue
      }
      const code = codeAt(at++)
      if (code !== LF) {
        this.line += String.fromCharCode(code)
        if (this.line.length > LONGEST_LINE) return -1
        continue
      }
      const { line } = this
      this.line = ''
      if (!line.endsWith('\r') || line.indexOf('\r') < line.length - 1 || !this.lineEnded(line.slice(0, -1)))
        return -1
      if (this.complete) return at
    }
    return at
  }

  private lineEnded(line: string): boolean {
    switch (this.state) {
      case 'dataEnd':
        this.state = 'size'
        return line === ''
      case 'size': {
        const digits = /^([\da-f]{1,13})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/i.exec(line)?.[1]
        if (digits === undefined) return false
        this.left = Number.parseInt(digits, 16)
        this.state = this.left === 0 ? 'trailer' : 'data'
        return true
      }
      case 'trailer':
        this.complete = line === ''
        return this.complete || /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/.test(line)
      case 'data':
        return true
    }
  }
}
