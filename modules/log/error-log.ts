/** The HTTP error log of the server: numbered files of 1 MB, one for all sites. */
import { join } from 'node:path'
import type { RequestContext } from '../../core/index.js'
import { ERROR_FIELDS, errorLine } from './error-line.js'
import { FileSeries } from './file-series.js'
import type { LogFile } from './log-file.js'
import type { LogFiles } from './log-files.js'

/** http.sys: ErrorLogFileTruncateSize */
const TRUNCATE_SIZE = 1_048_576

export class ErrorLog {
  private directory: string
  private readonly file: LogFile

  /** `directory`: absolute; the files stand in its folder HTTPERR. */
  constructor(directory: string, files: LogFiles) {
    this.directory = directory
    this.file = files.open(seriesIn(directory))
  }

  /** Goes on in another folder. */
  move(directory: string): void {
    if (directory === this.directory) return
    this.directory = directory
    this.file.use(seriesIn(directory))
  }

  write(ctx: RequestContext): void {
    this.file.append(errorLine(ctx), ctx.completedAt)
  }
}

const seriesIn = (directory: string): FileSeries =>
  new FileSeries({
    directory: join(directory, 'HTTPERR'),
    prefix: 'httperr',
    suffix: '.log',
    period: 'MaxSize',
    truncateSize: TRUNCATE_SIZE,
    local: false,
    fields: ERROR_FIELDS,
    flushEvery: 0,
    encoding: 'utf8',
    retention: { maxFiles: 0, maxAge: 0, compress: false },
  })
