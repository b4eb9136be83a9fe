/** The log of one site: what its configuration says, made ready for the requests that come. */
import { join } from 'node:path'
import type { LogFileConfig, RequestContext, Site, SiteConfig } from '../../core/index.js'
import { FileSeries, type LogEncoding } from './file-series.js'
import type { LogFile } from './log-file.js'
import type { LogFiles } from './log-files.js'
import { W3CLine } from './w3c-line.js'

export class SiteLog {
  private site: Site
  /** What it was made ready for. */
  private config: SiteConfig
  private line: W3CLine
  private readonly files: LogFiles
  private readonly file: LogFile
  private encoding: LogEncoding

  constructor(site: Site, encoding: LogEncoding, files: LogFiles) {
    this.site = site
    this.config = site.config
    this.encoding = encoding
    this.line = new W3CLine(site, site.config.logFile, encoding)
    this.files = files
    this.file = files.open(seriesOf(site, this.line.fields, encoding))
  }

  /** If the site is another one, or has another configuration, the next line begins with a new header, maybe elsewhere. */
  follow(site: Site, encoding = this.encoding): void {
    if (site === this.site && site.config === this.config && encoding === this.encoding) return
    const before = this.keyOf()
    this.site = site
    this.config = site.config
    this.encoding = encoding
    if (this.keyOf() === before) return
    this.line = new W3CLine(site, site.config.logFile, this.encoding)
    this.file.use(seriesOf(site, this.line.fields, this.encoding))
  }

  /** All that the files and the lines in them depend on. */
  private keyOf(): string {
    const { id, name } = this.site
    return JSON.stringify([id, name, this.encoding, this.config.logFile])
  }

  /** The last line has come: what waits is written, and the file closed. */
  close(): Promise<void> {
    return this.files.retire(this.file)
  }

  write(ctx: RequestContext): void {
    this.file.append(this.line.format(ctx), ctx.completedAt)
  }
}

const seriesOf = ({ id, config: { logFile } }: Site, fields: string, encoding: LogEncoding): FileSeries =>
  new FileSeries({
    directory: join(logFile.directory, `W3SVC${id}`),
    prefix: (encoding === 'utf8' ? 'u_' : '') + (logFile.period === 'MaxSize' ? 'extend' : 'ex'),
    suffix: suffixOf(logFile),
    period: logFile.period,
    truncateSize: logFile.truncateSize,
    local: logFile.localTimeRollover,
    fields,
    flushEvery: logFile.flushByEntryCountW3CLog,
    encoding,
  })

/** A file with custom fields can be told from others by its name. */
const suffixOf = ({ customFields }: LogFileConfig): string =>
  customFields.fields.length > 0 ? '_x.log' : '.log'
