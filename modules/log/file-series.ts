/** The files that one log fills one after the other: where they stand, what they are called, when the next begins. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { periodDigits, periodEnd, type Period } from './period.js'

/** Value of truncateSize that means "never". */
const NEVER = 4_294_967_295
const SMALLEST_LIMIT = 1_048_576

/** What logInUTF8 decides; Latin-1 stands for the ANSI code page of a Western machine. */
export type LogEncoding = 'utf8' | 'latin1'

/** What becomes of files that are not written to any more; IIS keeps them all. */
export interface Retention {
  /** Old files that are kept; 0 is all. */
  readonly maxFiles: number
  /** Milliseconds after its last line that an old file is kept; 0 is for ever. */
  readonly maxAge: number
  /** Whether old files are compressed. */
  readonly compress: boolean
}

export interface FileSeriesOptions {
  /** Absolute. */
  readonly directory: string
  /** What stands before the digits (`u_ex`), also of a numbered file (`u_extend`). */
  readonly prefix: string
  /** What stands behind them, `.log` or `_x.log`. */
  readonly suffix: string
  readonly period: Period
  /** Bytes after which a numbered file ends; less than 1 MB is taken as 1 MB. */
  readonly truncateSize: number
  /** Whether periods end by the machine's time zone instead of UTC. */
  readonly local: boolean
  /** Names of the fields, separated by blanks; '' where files have no head. */
  readonly fields: string
  /** Lines after which a batch is handed over; 0: when it is full or a second old. */
  readonly flushEvery: number
  readonly encoding: LogEncoding
  readonly retention: Retention
}

const digits: Readonly<Record<Period, RegExp>> = {
  Hourly: /^\d{8}$/,
  Daily: /^\d{6}$/,
  Weekly: /^\d{6}$/,
  Monthly: /^\d{4}$/,
  MaxSize: /^[1-9]\d{0,8}$/,
}

/** What compressed files end in. */
export const COMPRESSED = '.gz'

/** Immutable: a log whose configuration changes goes on to another series. */
export class FileSeries {
  readonly directory: string
  readonly fields: string
  readonly flushEvery: number
  readonly encoding: LogEncoding
  /** Bytes that no file may exceed; infinite where time decides. */
  readonly limit: number
  /** Null where all files are kept as they are. */
  readonly retention: Retention | null
  private readonly options: FileSeriesOptions

  constructor(options: FileSeriesOptions) {
    this.options = options
    this.directory = options.directory
    this.fields = options.fields
    this.flushEvery = options.flushEvery
    this.encoding = options.encoding
    const { maxFiles, maxAge, compress } = options.retention
    this.retention = maxFiles > 0 || maxAge > 0 || compress ? options.retention : null
    this.limit =
      options.period === 'MaxSize' && options.truncateSize < NEVER
        ? Math.max(options.truncateSize, SMALLEST_LIMIT)
        : Number.POSITIVE_INFINITY
  }

  /** Name of the file for lines of the moment `at`; '' where files are numbered. */
  nameAt(at: number): string {
    const { period, local, prefix, suffix } = this.options
    return period === 'MaxSize' ? '' : prefix + periodDigits(period, at, local) + suffix
  }

  /** When the file for lines of the moment `at` ends. */
  endOf(at: number): number {
    return periodEnd(this.options.period, at, this.options.local)
  }

  /** Name of the numbered file that takes so many bytes more: the newest there is, or the one after it. */
  async numberedName(bytes: number): Promise<string> {
    const { prefix, suffix } = this.options
    const names = await namesIn(this.directory)
    const newest = Math.max(0, ...names.map((name) => this.numberOf(name)))
    const name = `${prefix}${newest}${suffix}`
    const isFull = !names.includes(name) || (await stat(join(this.directory, name))).size + bytes > this.limit
    return isFull ? `${prefix}${newest + 1}${suffix}` : name
  }

  /** The digits in the name of one of these files, compressed or not, by which they follow each other; 0: it is none of them. */
  numberOf(name: string): number {
    const { prefix, suffix, period } = this.options
    const plain = name.endsWith(COMPRESSED) ? name.slice(0, -COMPRESSED.length) : name
    if (!plain.startsWith(prefix) || !plain.endsWith(suffix)) return 0
    const middle = plain.slice(prefix.length, -suffix.length)
    return digits[period].test(middle) ? Number(middle) : 0
  }

  /** Names of the files that nothing is written to any more at the moment `now`, the newest first. */
  async oldFiles(now: number): Promise<string[]> {
    const names = (await namesIn(this.directory)).filter((name) => this.numberOf(name) > 0)
    const numbers = names.map((name) => this.numberOf(name))
    const current = this.options.period === 'MaxSize' ? Math.max(...numbers) : this.numberOf(this.nameAt(now))
    return names
      .filter((name) => this.numberOf(name) < current)
      .sort((a, b) => this.numberOf(b) - this.numberOf(a) || (a < b ? -1 : 1))
  }
}

const namesIn = async (directory: string): Promise<string[]> => {
  try {
    return await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
