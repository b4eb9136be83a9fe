/** The log of one site: what its configuration says, made ready for the requests that come. */
import { join } from 'node:path'
import type { LogFileConfig, RequestContext, Site } from '../../core/index.js'
import { FileSeries, type LogEncoding } from './file-series.js'
import type { LogFile } from './log-file.js'
import type { LogFiles } from './log-files.js'
import { W3CLine } from './w3c-line.js'

export class SiteLog {
  /** The site as it stood when this was made ready; after a change of configuration it is another object. */
  site: Site
  private line: W3CLine
  private readonly file: LogFile
  private readonly encoding: LogEncoding

  constructor(site: Site, encoding: LogEncoding, files: LogFiles) {
    this.site = site
    this.encoding = encoding
    this.line = new W3CLine(site, site.config.logFile, encoding)
    this.file = files.open(seriesOf(site, this.line.fields, encoding))
  }

  /** The site's configuration has changed: the next line begins with a new header, maybe in another file. */
  follow(site: Site): void {
    this.site = site
    this.line = new W3CLine(site, site.config.logFile, this.encoding)
    this.file.use(seriesOf(site, this.line.fields, this.encoding))
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
