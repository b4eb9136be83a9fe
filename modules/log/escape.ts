/** Makes a value fit into one field of a log line: no blanks, nothing unprintable, never empty, never endless. */
import { Buffer, isUtf8 } from 'node:buffer'

/** A longer value is logged as `...` (what http.sys does). */
const LONGEST_FIELD = 4096
/** Anything but printable ASCII needs a closer look. */
const SUSPECT = /[^!-~]/
/** Blanks and whatever ends a line, moves a terminal's cursor or cannot be seen. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Z}]/gu
const BEYOND_ASCII = /[\u0080-\u00ff]/

/** A browser sends the same few user agents again and again, and each has a dozen blanks. */
const memo = new Map<string, string>()
const MEMO_ENTRIES = 1000
const MEMO_LENGTH = 512

/** A field of a text that is already decoded, such as a path or a user's name; `-` where it is empty. */
export const escapeText = (value: string): string =>
  value.length > LONGEST_FIELD ? '...' : escapeCustom(value)

/**
 * A field of bytes as they came, each one character (a header, a query): UTF-8 if they are, else Latin-1; `-` where
 * it is empty.
 */
export const escapeRaw = (value: string): string => {
  if (value === '') return '-'
  if (value.length > LONGEST_FIELD) return '...'
  return SUSPECT.test(value) ? remembered(value) : value
}

/** A field whose length has a bound of its own. */
export const escapeCustom = (value: string): string => {
  if (value === '') return '-'
  return SUSPECT.test(value) ? value.replace(UNPRINTABLE, '+') : value
}

/** Bytes that came as one character each, as the text that they mean. */
export const decodeRaw = (value: string): string => {
  if (!BEYOND_ASCII.test(value)) return value
  const bytes = Buffer.from(value, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : value
}

const remembered = (value: string): string => {
  let escaped = memo.get(value)
  if (escaped === undefined) {
    escaped = decodeRaw(value).replace(UNPRINTABLE, '+')
    if (value.length <= MEMO_LENGTH) {
      if (memo.size >= MEMO_ENTRIES) memo.clear()
      memo.set(value, escaped)
    }
  }
  return escaped
}
