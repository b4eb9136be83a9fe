/** Takes the chunked coding off a body (RFC 9112 section 7.1) that node's own ServerResponse has put on it. */

/** Longest line between chunks: a chunk size or a trailer field. */
const LINE_LIMIT = 65_536

/** Fed with the bytes as they come, in whatever pieces. */
export class ChunkedDecoder {
  /** Trailer fields, names and values in turn; complete when the last bytes have come. */
  readonly trailers: string[] = []
  private readonly onData: (data: Uint8Array) => void
  private state: 'size' | 'data' | 'dataEnd' | 'trailer' | 'done' = 'size'
  private line = ''
  private left = 0

  constructor(onData: (data: Uint8Array) => void) {
    this.onData = onData
  }

  /** @throws Error when the bytes are no chunked coding. */
  decode(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length && this.state !== 'done') {
      if (this.state === 'data') {
        const end = Math.min(at + this.left, bytes.length)
        this.onData(bytes.subarray(at, end))
        this.left -= end - at
        at = end
        if (this.left === 0) this.state = 'dataEnd'
      } else at = this.readLine(bytes, at)
    }
  }

  /** Reads on to the next line feed, and the line if it is whole; answers where to go on. */
  private readLine(bytes: Uint8Array, at: number): number {
    const feed = bytes.indexOf(10, at)
    const end = feed < 0 ? bytes.length : feed
    this.line += Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString('latin1')
    if (this.line.length > LINE_LIMIT) throw new Error('A line of a chunked body is too long')
    if (feed < 0) return end
    const line = this.line.replace(/\r$/, '')
    this.line = ''
    this.lineEnded(line)
    return end + 1
  }

  private lineEnded(line: string): void {
    switch (this.state) {
      case 'dataEnd':
        this.state = 'size'
        return
      case 'size':
        if (!/^[0-9a-f]+/i.test(line)) throw new Error('A chunk of a body has no size')
        this.left = Number.parseInt(line, 16)
        this.state = this.left === 0 ? 'trailer' : 'data'
        return
      case 'trailer': {
        if (line === '') {
          this.state = 'done'
          return
        }
        const colon = line.indexOf(':')
        this.trailers.push(line.slice(0, colon), line.slice(colon + 1).trim())
        return
      }
      case 'data':
      case 'done':
    }
  }
}
