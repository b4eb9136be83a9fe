/** One log for all sites of the server, in W3C Extended or binary: a single file is open, however many sites there are. */
import { join } from 'node:path'
import type { RequestContext, ServerConfig, Site } from '../../core/index.js'
import { prefixOf } from './access-format.js'
import { BinaryLine } from './binary-line.js'
import { FileSeries, type LogEncoding } from './file-series.js'
import type { LineFormat } from './line-format.js'
import type { LogFile } from './log-file.js'
import type { LogFiles } from './log-files.js'
import { w3cLine } from './w3c-line.js'

type LogConfig = ServerConfig['log']

const LONGEST_LINE = 65_536
const NO_CUSTOM_FIELDS = { maxCustomFieldLength: 0, fields: [] } as const

export class CentralLog {
  private readonly files: LogFiles
  private readonly file: LogFile
  private key: string
  /** Null where its section says that nothing is logged. */
  private formatFor: ((site: Site) => LineFormat) | null

  /** `config`: of a server whose centralLogFileMode is not `Site`. */
  constructor(config: LogConfig, encoding: LogEncoding, files: LogFiles) {
    const { key, formatFor, series } = readyFor(config, encoding)
    this.key = key
    this.formatFor = formatFor
    this.files = files
    this.file = files.open(series)
  }

  /** If it is configured otherwise, the next line begins with a new header, maybe elsewhere. */
  follow(config: LogConfig, encoding: LogEncoding): void {
    const { key, formatFor, series } = readyFor(config, encoding)
    if (key === this.key) return
    this.key = key
    this.formatFor = formatFor
    this.file.use(series)
  }

  write(ctx: RequestContext, site: Site): void {
    this.formatFor?.(site).write(ctx, this.file)
  }

  /** The last line has come: what waits is written, and the file closed. */
  close(): Promise<void> {
    return this.files.retire(this.file)
  }
}

interface Ready {
  /** All that the files and the lines in them depend on. */
  readonly key: string
  readonly formatFor: ((site: Site) => LineFormat) | null
  readonly series: FileSeries
}

const readyFor = (config: LogConfig, encoding: LogEncoding): Ready => {
  const { centralLogFileMode: mode } = config
  const isBinary = mode === 'CentralBinary'
  const section = isBinary ? config.centralBinaryLogFile : config.centralW3CLogFile
  const series = new FileSeries({
    directory: join(section.directory, 'W3SVC'),
    prefix: prefixOf(isBinary ? 'Binary' : 'W3C', section.period, encoding),
    suffix: isBinary ? '.ibl' : '.log',
    period: section.period,
    truncateSize: section.truncateSize,
    local: section.localTimeRollover,
    fields: isBinary ? '' : w3cFormat(config, encoding)({ id: 1, name: '' }).fields,
    flushEvery: 0,
    encoding,
    retention: section.retention,
  })
  return {
    key: JSON.stringify([mode, section, encoding]),
    formatFor: section.enabled ? (isBinary ? binaryFormat() : w3cFormat(config, encoding)) : null,
    series,
  }
}

const binaryFormat = () => {
  const format = new BinaryLine()
  return () => format
}

/** Lines of a site differ from those of another by its number only, and by what its clients repeat. */
const w3cFormat = ({ centralW3CLogFile: { logExtFileFlags } }: LogConfig, encoding: LogEncoding) => {
  const bySite = new Map<number, LineFormat>()
  const config = {
    logExtFileFlags,
    customFields: NO_CUSTOM_FIELDS,
    logSiteId: true,
    maxLogLineLength: LONGEST_LINE,
  }
  return (site: Pick<Site, 'id' | 'name'>): LineFormat => {
    let format = bySite.get(site.id)
    if (!format) {
      format = w3cLine(site, config, encoding)
      bySite.set(site.id, format)
    }
    return format
  }
}
