/** One log on its way to the disk: collects lines to batches and writes these one after the other. */
import { Buffer } from 'node:buffer'
import { join } from 'node:path'
import type { FileSeries } from './file-series.js'
import { headerBlock } from './header-block.js'
import type { LogFiles } from './log-files.js'
import { LogStream } from './log-stream.js'

/** Characters after which a batch is handed over without waiting for the clock (http.sys: 64 KB). */
const BATCH = 65_536
/** Characters of one log that may wait for its disk; what comes on top is lost. */
const MOST_WAITING = 8 * 1024 * 1024
/** Milliseconds between two looks at whether the file was moved or deleted. */
const LOOK_AGAIN = 10_000
/** Milliseconds without a line after which a file is closed. */
const IDLE = 15 * 60_000

interface Batch {
  readonly bytes: Buffer
  /** What it counts for in `waiting`. */
  readonly characters: number
  readonly lines: number
  /** When its first line came. */
  readonly at: number
  readonly series: FileSeries
  readonly name: string
}

/** What a file wants of the common timer: a visit within a second, some time, or none until it wakes again. */
export type Visit = 'SOON' | 'LATER' | 'NEVER'

export class LogFile {
  private readonly files: LogFiles
  private series: FileSeries
  private name = ''
  private endsAt = Number.NEGATIVE_INFINITY

  // The batch under collection is a plain string: sonic-boom measures all it holds at every write, which for a
  // line at a time would cost more than the line.
  private text = ''
  private lines = 0
  private at = 0
  private waiting = 0

  private readonly batches: Batch[] = []
  private running: Promise<void> | null = null
  private stream: LogStream | null = null
  private streamSeries: FileSeries | null = null
  private streamName = ''
  private lookedAt = 0
  /** The first batch is with the stream already, whose write has failed. */
  private handed = false

  constructor(series: FileSeries, files: LogFiles) {
    this.series = series
    this.files = files
  }

  /** Folder of its files, by which the event log names it. */
  get directory(): string {
    return this.series.directory
  }

  /** Takes a whole line, its CRLF included, of a request that ended `at`; it is on its way within a second. */
  append(line: string, at: number): void {
    if (at >= this.endsAt) this.roll(at)
    const { length } = line
    if (this.waiting + length > MOST_WAITING || this.files.waiting + length > this.files.mostWaiting) {
      this.files.lost(this, 1)
      return
    }
    this.waiting += length
    this.files.waiting += length
    this.text += line
    if (this.lines++ === 0) {
      this.at = at
      this.files.wake(this)
    }
    if (this.text.length >= BATCH || this.lines === this.series.flushEvery) this.flush()
  }

  /** Goes on to other files; lines that came before still go to the old ones. */
  use(series: FileSeries): void {
    this.cut()
    this.series = series
    this.endsAt = Number.NEGATIVE_INFINITY
  }

  /** The common timer has come round. */
  visit(now: number): Visit {
    this.cut()
    if (this.batches.length > 0) {
      void this.write()
      return 'SOON'
    }
    if (!this.stream) return 'NEVER'
    if (now - this.at >= IDLE) this.running ??= this.closeIdle()
    return 'LATER'
  }

  /** Writes what it can and closes the file. Nothing may be appended afterwards. */
  async close(): Promise<void> {
    this.cut()
    await this.running
    await this.write()
    for (const batch of this.batches) this.files.lost(this, batch.lines)
    if (this.handed) this.stream?.discard()
    else await this.closeStream()
  }

  private roll(at: number): void {
    this.cut()
    this.name = this.series.nameAt(at)
    this.endsAt = this.series.endOf(at)
  }

  private flush(): void {
    this.cut()
    void this.write()
  }

  private cut(): void {
    if (this.lines === 0) return
    const { text, lines, at, series, name } = this
    // Bytes at once: a string of thousands of joined pieces is dear to keep.
    const bytes = Buffer.from(text, series.encoding)
    this.batches.push({ bytes, characters: text.length, lines, at, series, name })
    this.text = ''
    this.lines = 0
  }

  /** Writes the batches there are; resolves also when that failed, and a later visit tries again. */
  private write(): Promise<void> {
    if (this.batches.length === 0) return Promise.resolve()
    return (this.running ??= this.writeAll())
  }

  private async writeAll(): Promise<void> {
    try {
      for (let batch = this.batches[0]; batch; batch = this.batches[0]) {
        await this.deliver(batch)
        this.handed = false
        this.batches.shift()
        this.waiting -= batch.characters
        this.files.waiting -= batch.characters
      }
      this.files.recovered(this)
    } catch (error) {
      this.files.failed(this, error)
    } finally {
      this.running = null
    }
  }

  private async deliver(batch: Batch): Promise<void> {
    const now = this.files.now()
    if (this.stream && (this.handed || now - this.lookedAt >= LOOK_AGAIN)) {
      this.lookedAt = now
      if (!(await this.stream.isInPlace())) this.dropStream()
      else if (this.handed) return this.stream.retry()
    }
    const { bytes } = batch
    if (this.stream && !this.streamTakes(batch, bytes.length)) await this.closeStream()
    if (this.stream) return this.hand(this.stream, bytes)
    const stream = await this.open(batch, bytes.length)
    return this.hand(stream, Buffer.concat([Buffer.from(headerBlock(batch.at, batch.series.fields)), bytes]))
  }

  private async hand(stream: LogStream, bytes: Uint8Array): Promise<void> {
    this.handed = true
    await stream.write(bytes)
  }

  private streamTakes(batch: Batch, bytes: number): boolean {
    if (!this.stream || this.streamSeries !== batch.series || this.streamName !== batch.name) return false
    return this.stream.size + bytes <= batch.series.limit
  }

  private async open(batch: Batch, bytes: number): Promise<LogStream> {
    const { series } = batch
    const header = Buffer.byteLength(headerBlock(batch.at, series.fields))
    const name = batch.name || (await series.numberedName(header + bytes))
    this.stream = await LogStream.open(join(series.directory, name))
    this.streamSeries = series
    this.streamName = batch.name
    this.lookedAt = this.files.now()
    return this.stream
  }

  private dropStream(): void {
    this.stream?.discard()
    this.stream = null
    this.handed = false
  }

  private async closeIdle(): Promise<void> {
    await this.closeStream()
    this.running = null
  }

  private async closeStream(): Promise<void> {
    const { stream } = this
    this.stream = null
    try {
      await stream?.close()
    } catch (error) {
      this.files.failed(this, error)
    }
  }
}
