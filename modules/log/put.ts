/** Writes the pieces of a line into a batch, each without making a string first where that is dear. */
import type { Buffer } from 'node:buffer'
import type { LogEncoding } from './file-series.js'
import type { LineSink } from './line-format.js'

const ZERO = 48

/** Bytes that `putNumber` needs at most. */
export const NUMBER_BYTES = 24

/** The digits of a number, quickest of a small whole one; answers where they end. */
export const putNumber = (bytes: Buffer, start: number, value: number): number => {
  let at = start
  if ((value | 0) !== value || value < 0) return at + bytes.write(String(value), at, 'latin1')
  if (value < 10) {
    bytes[at++] = ZERO + value
    return at
  }
  let digits = 10
  while (value >= digits * 10) digits *= 10
  let rest = value
  for (; digits >= 1; digits /= 10) {
    const digit = (rest / digits) | 0
    bytes[at++] = ZERO + digit
    rest -= digit * digits
  }
  return at
}

/** Bytes as they are; answers where they end. */
export const putBytes = (bytes: Buffer, start: number, source: Buffer): number => {
  bytes.set(source, start)
  return start + source.length
}

/** A call into the engine costs as much as some thirty characters. */
const SHORT = 30

/** A text in the log's encoding; answers where it ends. */
export const putText = (bytes: Buffer, start: number, text: string, encoding: LogEncoding): number => {
  if (text.length > SHORT) return start + bytes.write(text, start, encoding)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) return start + bytes.write(text, start, encoding)
    bytes[start + i] = code
  }
  return start + text.length
}

/** The line ends at `end`, or where it has `longest` bytes, never within a character; answers where its CRLF ends. */
export const endLine = (
  bytes: Buffer,
  start: number,
  end: number,
  longest: number,
  encoding: LogEncoding,
): number => {
  let at = end
  if (at - start > longest) {
    at = start + longest
    // 10xxxxxx is a byte inside a character.
    if (encoding === 'utf8') while (at > start && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--
  }
  bytes[at++] = 13
  bytes[at++] = 10
  return at
}

const BEYOND_LATIN1 = /[^\u0000-\u00ff]/gu

/** What an encoding has no letter for is a question mark. */
export const inEncoding = (text: string, encoding: LogEncoding): string =>
  encoding === 'utf8' ? text : text.replace(BEYOND_LATIN1, '?')

/** A UTF-16 code unit is never more bytes of UTF-8 than that. */
export const BYTES_PER_UNIT = 3

/** A whole line that was made as a text. */
export const putLine = (
  sink: LineSink,
  text: string,
  at: number,
  longest: number,
  encoding: LogEncoding,
): void => {
  const bytes = sink.room(text.length * BYTES_PER_UNIT + 2, at)
  if (bytes === null) return
  const start = sink.position
  const end = start + bytes.write(inEncoding(text, encoding), start, encoding)
  sink.wrote(endLine(bytes, start, end, longest, encoding))
}
