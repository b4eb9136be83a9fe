/** The files that one log fills one after the other: where they stand, what they are called, when the next begins. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { periodDigits, periodEnd, type Period } from './period.js'

/** Value of truncateSize that means "never". */
const NEVER = 4_294_967_295
const SMALLEST_LIMIT = 1_048_576

/** What logInUTF8 decides; Latin-1 stands for the ANSI code page of a Western machine. */
export type LogEncoding = 'utf8' | 'latin1'

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
  /** Names of the fields, separated by blanks. */
  readonly fields: string
  /** Lines after which a batch is handed over; 0: when it is full or a second old. */
  readonly flushEvery: number
  readonly encoding: LogEncoding
}

/** Immutable: a log whose configuration changes goes on to another series. */
export class FileSeries {
  readonly directory: string
  readonly fields: string
  readonly flushEvery: number
  readonly encoding: LogEncoding
  /** Bytes that no file may exceed; infinite where time decides. */
  readonly limit: number
  private readonly options: FileSeriesOptions

  constructor(options: FileSeriesOptions) {
    this.options = options
    this.directory = options.directory
    this.fields = options.fields
    this.flushEvery = options.flushEvery
    this.encoding = options.encoding
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
    let newest = 0
    for (const name of await namesIn(this.directory)) {
      if (!name.startsWith(prefix) || !name.endsWith(suffix)) continue
      const digits = name.slice(prefix.length, -suffix.length)
      if (/^[1-9]\d{0,8}$/.test(digits)) newest = Math.max(newest, Number(digits))
    }
    if (newest === 0) return `${prefix}1${suffix}`
    const { size } = await stat(join(this.directory, `${prefix}${newest}${suffix}`))
    return `${prefix}${size + bytes > this.limit ? newest + 1 : newest}${suffix}`
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
