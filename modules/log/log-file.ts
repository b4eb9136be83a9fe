/** One log on its way to the disk: collects lines to batches and writes these one after the other. */
import { Buffer } from 'node:buffer'
import { join } from 'node:path'
import { BatchBuffer } from './batch-buffer.js'
import type { FileSeries } from './file-series.js'
import { headerBlock } from './header-block.js'
import type { LineSink } from './line-format.js'
import type { LogFiles } from './log-files.js'
import { LogStream } from './log-stream.js'
import { BYTES_PER_UNIT } from './put.js'

/** Bytes of one log that may wait for its disk; what comes on top is lost. */
const MOST_WAITING = 8 * 1024 * 1024
/** Milliseconds between two looks at whether the file was moved or deleted. */
const LOOK_AGAIN = 10_000
/** When the last look was, so that the next one is due now. */
const AT_ONCE = Number.NEGATIVE_INFINITY
/** Milliseconds without a line after which a file is closed. */
const IDLE = 15 * 60_000

interface Batch {
  readonly bytes: Buffer
  readonly lines: number
  /** When its first line came. */
  readonly at: number
  readonly series: FileSeries
  readonly name: string
}

/** What a file wants of the common timer: a visit within a second, some time, or none until it wakes again. */
export type Visit = 'SOON' | 'LATER' | 'NEVER'

export class LogFile implements LineSink {
  private readonly files: LogFiles
  private series: FileSeries
  private name = ''
  private endsAt = Number.NEGATIVE_INFINITY

  // Lines are written into the batch's bytes at once: a string of thousands of joined pieces is dear to keep, and
  // sonic-boom measures all it holds at every write.
  private readonly batch: BatchBuffer
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
    this.batch = new BatchBuffer(files.spare)
  }

  /** Folder of its files, by which the event log names it. */
  get directory(): string {
    return this.series.directory
  }

  get position(): number {
    return this.batch.used
  }

  /** The line is on its way within a second after `wrote`. */
  room(most: number, at: number): Buffer | null {
    if (at >= this.endsAt) this.roll(at)
    if (this.waiting + most > MOST_WAITING || this.files.waiting + most > this.files.mostWaiting) {
      this.files.lost(this, 1)
      return null
    }
    const { batch } = this
    if (batch.used + most > batch.bytes.length) {
      if (!batch.takes(most)) this.flush()
      batch.grow(most)
    }
    if (this.lines === 0) this.at = at
    return batch.bytes
  }

  wrote(end: number): void {
    const length = end - this.batch.used
    this.batch.used = end
    this.waiting += length
    this.files.waiting += length
    if (this.lines++ === 0) this.files.wake(this)
    if (this.lines === this.series.flushEvery) this.flush()
  }

  /** Takes a whole line, its end included, of a request that ended `at`. */
  append(line: string, at: number): void {
    const bytes = this.room(line.length * BYTES_PER_UNIT, at)
    if (bytes) this.wrote(this.position + bytes.write(line, this.position, this.series.encoding))
  }

  /** Goes on to other files; lines that came before still go to the old ones. */
  use(series: FileSeries): void {
    this.cut()
    this.series = series
    this.endsAt = Number.NEGATIVE_INFINITY
  }

  /** Looks at once whether its file was moved or deleted: what comes from now on is in a file of the configured name. */
  reopen(): void {
    this.cut()
    this.lookedAt = AT_ONCE
    this.running ??= this.writeAll()
  }

  /** Whether its configuration says what becomes of old files. */
  get keepsOldFilesInOrder(): boolean {
    return this.series.retention !== null
  }

  /** The files that it fills now. */
  get current(): FileSeries {
    return this.series
  }

  /** Whether a file in its folder is written to, or soon will be. */
  isUsing(name: string): boolean {
    return (
      this.stream?.name === name || this.name === name || this.batches.some((batch) => batch.name === name)
    )
  }

  /** The common timer has come round. */
  visit(now: number): Visit {
    this.cut()
    if (this.batches.length > 0) {
      void this.write()
      return 'SOON'
    }
    this.batch.drop()
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
    const { lines, at, series, name } = this
    this.batches.push({ bytes: this.batch.cut(), lines, at, series, name })
    this.lines = 0
  }

  /** Writes the batches there are; resolves also when that failed, and a later visit tries again. */
  private write(): Promise<void> {
    if (this.batches.length === 0) return Promise.resolve()
    return (this.running ??= this.writeAll())
  }

  private async writeAll(): Promise<void> {
    try {
      for (;;) {
        if (this.lookedAt === AT_ONCE) await this.look()
        const batch = this.batches[0]
        if (!batch) break
        await this.deliver(batch)
        this.handed = false
        this.batches.shift()
        this.waiting -= batch.bytes.length
        this.files.waiting -= batch.bytes.length
        this.files.spare.give(batch.bytes)
      }
      this.files.recovered(this)
    } catch (error) {
      this.files.failed(this, error)
    } finally {
      this.running = null
    }
  }

  /** Leaves a file that was moved or deleted, even if its disk did not take the last batch. */
  private async look(): Promise<void> {
    const now = this.files.now()
    if (!this.stream || (!this.handed && now - this.lookedAt < LOOK_AGAIN)) return
    this.lookedAt = now
    if (await this.stream.isInPlace()) return
    this.stream.discard()
    this.stream = null
    this.handed = false
  }

  private async deliver(batch: Batch): Promise<void> {
    await this.look()
    if (this.stream && this.handed) return this.stream.retry()
    const { bytes } = batch
    if (this.stream && !this.streamTakes(batch, bytes.length)) await this.closeStream()
    if (this.stream) return this.hand(this.stream, bytes)
    const header = Buffer.from(batch.series.fields === '' ? '' : headerBlock(batch.at, batch.series.fields))
    const stream = await this.open(batch, header.length + bytes.length)
    return this.hand(stream, header.length === 0 ? bytes : Buffer.concat([header, bytes]))
  }

  private async hand(stream: LogStream, bytes: Uint8Array): Promise<void> {
    this.handed = true
    await stream.write(bytes)
  }

  private streamTakes(batch: Batch, bytes: number): boolean {
    if (!this.stream || this.streamSeries !== batch.series || this.streamName !== batch.name) return false
    return this.stream.size + bytes <= batch.series.limit
  }

  private async open({ series, name }: Batch, bytes: number): Promise<LogStream> {
    const stream = await LogStream.open(join(series.directory, name || (await series.numberedName(bytes))))
    this.stream = stream
    this.streamSeries = series
    this.streamName = name
    this.lookedAt = this.files.now()
    this.files.opened(this)
    return stream
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
