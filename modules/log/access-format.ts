/** From `logFormat` to the lines and the names of the files that hold them. */
import type { LogFileConfig } from '../../core/index.js'
import type { LineSite } from './field-line.js'
import type { LogEncoding } from './file-series.js'
import { IISLine } from './iis-line.js'
import { jsonLine } from './json-line.js'
import type { LineFormat } from './line-format.js'
import { NCSALine } from './ncsa-line.js'
import type { Period } from './period.js'
import { w3cLine } from './w3c-line.js'

type Format = LogFileConfig['logFormat'] | 'Binary'

/** What stands before the digits of a time, and before a number (KB Q242898); JSON is ours. */
const names: Readonly<Record<Format, readonly [string, string]>> = {
  W3C: ['ex', 'extend'],
  IIS: ['in', 'inetsv'],
  NCSA: ['nc', 'ncsa'],
  JSON: ['js', 'json'],
  Binary: ['ra', 'raw'],
  // Has no file.
  Custom: ['', ''],
}

/** `u_ex`, or `u_extend` where files are numbered; `u_` says UTF-8, of which a binary file says nothing. */
export const prefixOf = (format: Format, period: Period, encoding: LogEncoding): string => {
  const [timed, numbered] = names[format]
  const isMarked = encoding === 'utf8' && format !== 'Binary'
  return (isMarked ? 'u_' : '') + (period === 'MaxSize' ? numbered : timed)
}

/** JSON is UTF-8, whatever logInUTF8 says. */
export const encodingFor = (format: Format, encoding: LogEncoding): LogEncoding =>
  format === 'JSON' ? 'utf8' : encoding

/** Files of the IIS and NCSA formats have local times in them, and end by local time too. */
export const isLocal = ({ logFormat, localTimeRollover }: LogFileConfig): boolean =>
  localTimeRollover || logFormat === 'IIS' || logFormat === 'NCSA'

export const lineFormat = (site: LineSite, config: LogFileConfig, encoding: LogEncoding): LineFormat => {
  switch (config.logFormat) {
    case 'IIS':
      return new IISLine(site, config.maxLogLineLength, encoding)
    case 'NCSA':
      return new NCSALine(config.maxLogLineLength, encoding)
    case 'JSON':
      return jsonLine(site, config)
    default:
      return w3cLine(site, config, encoding)
  }
}
