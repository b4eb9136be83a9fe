/** The file in which batches wait while the database is away: one line of JSON for each, in order, never beyond its bound. */
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { Buffer } from 'node:buffer'
import { dirname } from 'node:path'
import type { Entry } from './entry.js'

const LINE_END = 0x0a
/** Bytes that are read at once; a line may be longer. */
const CHUNK = 262_144

export class Spool {
  private readonly file: FileHandle
  private readonly mostBytes: number
  /** Where the next line begins that the database has not had. */
  private offset = 0
  private size: number
  /** Length of the line that `first` has read. */
  private read = 0
  private turn: Promise<unknown> = Promise.resolve()

  private constructor(file: FileHandle, size: number, mostBytes: number) {
    this.file = file
    this.size = size
    this.mostBytes = mostBytes
  }

  /** What the last server has left is still in it; but for a line that was not wholly written, which nobody was promised. */
  static async open(path: string, mostBytes: number): Promise<Spool> {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(path, 'a+', 0o600)
    const { size } = await file.stat()
    const whole = await endOfLastLine(file, size)
    if (whole < size) await file.truncate(whole)
    return new Spool(file, whole, mostBytes)
  }

  get isEmpty(): boolean {
    return this.offset >= this.size
  }

  /** Answers false, and keeps nothing, where there is no room. @throws where the disk does not take it. */
  append(entry: Entry): Promise<boolean> {
    return this.alone(async () => {
      const line = Buffer.from(`${JSON.stringify(entry)}\n`)
      if (this.size + line.length > this.mostBytes) return false
      try {
        await this.file.appendFile(line)
        await this.file.datasync()
      } catch (error) {
        await this.file.truncate(this.size).catch(() => undefined)
        throw error
      }
      this.size += line.length
      return true
    })
  }

  /** The one that has waited longest; null where there is none, and 'unreadable' where somebody else has written into the file. */
  first(): Promise<Entry | 'unreadable' | null> {
    return this.alone(async () => {
      if (this.isEmpty) return null
      const line = await this.readLine()
      this.read = line.length
      try {
        return JSON.parse(line.toString('utf8')) as Entry
      } catch {
        return 'unreadable'
      }
    })
  }

  /** The database has the one that `first` has answered. The file gets its room back when it is through. */
  dropFirst(): Promise<void> {
    return this.alone(async () => {
      this.offset += this.read
      this.read = 0
      if (!this.isEmpty) return
      await this.file.truncate(0)
      this.offset = 0
      this.size = 0
    })
  }

  async close(): Promise<void> {
    await this.alone(() => this.file.close())
  }

  private async readLine(): Promise<Buffer> {
    const parts: Buffer[] = []
    for (let at = this.offset; at < this.size;) {
      const buffer = Buffer.alloc(Math.min(CHUNK, this.size - at))
      const { bytesRead } = await this.file.read(buffer, 0, buffer.length, at)
      if (bytesRead === 0) break
      const part = buffer.subarray(0, bytesRead)
      const end = part.indexOf(LINE_END)
      parts.push(end < 0 ? part : part.subarray(0, end + 1))
      if (end >= 0) break
      at += bytesRead
    }
    return Buffer.concat(parts)
  }

  /** One thing at a time: a file has one end, and one beginning. */
  private alone<T>(action: () => Promise<T>): Promise<T> {
    const done = this.turn.then(action)
    this.turn = done.catch(() => undefined)
    return done
  }
}

const endOfLastLine = async (file: FileHandle, size: number): Promise<number> => {
  for (let end = size; end > 0; end -= Math.min(CHUNK, end)) {
    const buffer = Buffer.alloc(Math.min(CHUNK, end))
    await file.read(buffer, 0, buffer.length, end - buffer.length)
    const at = buffer.lastIndexOf(LINE_END)
    if (at >= 0) return end - buffer.length + at + 1
  }
  return 0
}
