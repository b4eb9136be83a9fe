/** Takes the chunked transfer coding off a complete body (RFC 9112 section 7.1). */

const SIZE = /^[\dA-F]{1,8}(?=[ \t]*(?:;|$))/i

/** The content; null if it is not well-formed, has no last chunk, or goes on after it. Trailers are dropped. */
export const dechunk = (coded: Buffer): Buffer | null => {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = coded.indexOf('\r\n', at, 'latin1')
    if (lineEnd < 0) return null
    const size = SIZE.exec(coded.toString('latin1', at, lineEnd))
    if (!size) return null
    const start = lineEnd + 2
    const end = start + parseInt(size[0], 16)
    if (end === start) return endsWith(coded, start) ? Buffer.concat(chunks) : null
    if (end + 2 > coded.length || coded.toString('latin1', end, end + 2) !== '\r\n') return null
    chunks.push(coded.subarray(start, end))
    at = end + 2
  }
}

/** Whether trailers, or none, and an empty line are all that is left. */
const endsWith = (coded: Buffer, start: number): boolean => {
  const trailers = coded.toString('latin1', start)
  if (trailers === '\r\n') return true
  const end = trailers.indexOf('\r\n\r\n')
  return end > 0 && end === trailers.length - 4
}
