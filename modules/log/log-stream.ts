/** One open log file: sonic-boom, with its events turned into promises, and a look at whether the file is still there. */
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import sonicBoom, { type SonicBoom } from 'sonic-boom'

/** Log lines hold what clients send: readable by the server's account and group only (IIS: by administrators). */
const READABLE_BY = 0o640

/** Only one operation is under way at a time. */
export class LogStream {
  readonly path: string
  /** Bytes that the file holds, as far as they came from here or were there before. */
  size: number
  private readonly sonic: SonicBoom
  private readonly identity: string

  private constructor(path: string, sonic: SonicBoom, size: number, identity: string) {
    this.path = path
    this.sonic = sonic
    this.size = size
    this.identity = identity
  }

  /** Without its folder. */
  get name(): string {
    return basename(this.path)
  }

  /** Opens the file at its end; makes it, and its folder, where they are missing. */
  static async open(path: string): Promise<LogStream> {
    const sonic = new sonicBoom.SonicBoom({
      dest: path,
      mkdir: true,
      mode: READABLE_BY,
      contentMode: 'buffer',
    })
    // Errors reach whoever waits for `once` below; without a listener of its own, one at another time would be thrown.
    sonic.on('error', () => undefined)
    await once(sonic, 'ready')
    const { size, dev, ino } = await stat(path)
    return new LogStream(path, sonic, size, `${dev}:${ino}`)
  }

  /** Resolves when the bytes are with the operating system. After an error they are kept for `retry`. */
  async write(bytes: Uint8Array): Promise<void> {
    this.size += bytes.length
    const drained = once(this.sonic, 'drain')
    // Its declaration knows strings only; with `contentMode: 'buffer'` it takes bytes.
    this.sonic.write(bytes as unknown as string)
    await drained
  }

  /** Goes on where the last write failed. */
  async retry(): Promise<void> {
    const drained = once(this.sonic, 'drain')
    this.sonic.flush()
    await drained
  }

  /** Whether the path still leads to this file: it may have been moved or deleted. */
  async isInPlace(): Promise<boolean> {
    try {
      const { dev, ino } = await stat(this.path)
      return `${dev}:${ino}` === this.identity
    } catch {
      return false
    }
  }

  /** Only after all writes have succeeded. */
  async close(): Promise<void> {
    const closed = once(this.sonic, 'close')
    this.sonic.end()
    await closed
  }

  /** Closes it and forgets what could not be written. */
  discard(): void {
    this.sonic.destroy()
  }
}
