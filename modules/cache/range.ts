/** Reads the Range field of a request against the length of what is stored (RFC 9110 section 14). */

/** Positions of the first byte and the one after the last. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

const ONE_RANGE = /^bytes=\s*(?:(\d+)-(\d*)|-(\d+))\s*$/i

/**
 * The one range that is asked for; `unsatisfiable` where it lies behind the end; `whole` where the field is to be
 * ignored: another unit, not well-formed, or several ranges (which a server may answer in full, section 14.2).
 */
export const selectRange = (range: string, length: number): ByteRange | 'whole' | 'unsatisfiable' => {
  const match = ONE_RANGE.exec(range)
  if (!match) return 'whole'
  const [, first, last, suffix] = match
  if (first === undefined) {
    const bytes = Number(suffix)
    return bytes === 0 || length === 0 ? 'unsatisfiable' : { start: Math.max(0, length - bytes), end: length }
  }
  const start = Number(first)
  const end = last === '' ? length : Math.min(Number(last) + 1, length)
  if (last !== '' && Number(last) < start) return 'whole'
  return start >= length ? 'unsatisfiable' : { start, end }
}
