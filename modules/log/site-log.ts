/** The log of one site: what its configuration says, made ready for the requests that come. */
import { join } from 'node:path'
import type { LogFileConfig, RequestContext, Site, SiteConfig } from '../../core/index.js'
import { encodingFor, isLocal, lineFormat, prefixOf } from './access-format.js'
import { FileSeries, type LogEncoding } from './file-series.js'
import type { LineFormat } from './line-format.js'
import type { LogFile } from './log-file.js'
import type { LogFiles } from './log-files.js'

export class SiteLog {
  private site: Site
  /** What it was made ready for. */
  private config: SiteConfig
  private format: LineFormat
  private readonly files: LogFiles
  private readonly file: LogFile
  private encoding: LogEncoding

  constructor(site: Site, encoding: LogEncoding, files: LogFiles) {
    this.site = site
    this.config = site.config
    this.encoding = encoding
    const { format, series } = readyFor(site, encoding)
    this.format = format
    this.files = files
    this.file = files.open(series)
  }

  /** If the site is another one, or has another configuration, the next line begins with a new header, maybe elsewhere. */
  follow(site: Site, encoding = this.encoding): void {
    if (site === this.site && site.config === this.config && encoding === this.encoding) return
    const before = this.keyOf()
    this.site = site
    this.config = site.config
    this.encoding = encoding
    if (this.keyOf() === before) return
    const { format, series } = readyFor(site, encoding)
    this.format = format
    this.file.use(series)
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
    this.format.write(ctx, this.file)
  }
}

const readyFor = (site: Site, serverEncoding: LogEncoding): { format: LineFormat; series: FileSeries } => {
  const { logFile } = site.config
  const encoding = encodingFor(logFile.logFormat, serverEncoding)
  const format = lineFormat(site, logFile, encoding)
  const series = new FileSeries({
    directory: join(logFile.directory, `W3SVC${site.id}`),
    prefix: prefixOf(logFile.logFormat, logFile.period, encoding),
    suffix: suffixOf(logFile),
    period: logFile.period,
    truncateSize: logFile.truncateSize,
    local: isLocal(logFile),
    fields: format.fields,
    flushEvery: logFile.logFormat === 'W3C' ? logFile.flushByEntryCountW3CLog : 0,
    encoding,
    retention: logFile.retention,
  })
  return { format, series }
}

/** A W3C file with custom fields can be told from others by its name. */
const suffixOf = ({ logFormat, customFields }: LogFileConfig): string =>
  logFormat === 'W3C' && customFields.fields.length > 0 ? '_x.log' : '.log'
