/** Passes on what a worker process prints, and keeps the end of it. */
import type { Readable } from 'node:stream'

/** Bytes that may wait for a terminal that does not read; what a worker prints beyond them is dropped, and it goes on. */
const MOST_WAITING = 1024 * 1024

export const passOn = (from: Readable, to: NodeJS.WriteStream): void => {
  from.on('data', (chunk: Buffer) => {
    if (to.writableLength < MOST_WAITING) to.write(chunk)
  })
  from.on('error', () => undefined)
}

/** The last bytes that a stream has brought; without a stream, nothing. */
export class Tail {
  private kept: Buffer = Buffer.alloc(0)

  constructor(from?: Readable, length = 0) {
    from?.on('data', (chunk: Buffer) => {
      this.kept = Buffer.concat([this.kept, chunk]).subarray(-length)
    })
    from?.on('error', () => undefined)
  }

  get text(): string {
    return this.kept.toString()
  }
}
