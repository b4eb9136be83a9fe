/** Lines in the W3C Extended format: values divided by blanks, without blanks in them. */
import type { Dialect } from './dialect.js'
import { escapeCustom, escapeRaw, escapeText } from './escape.js'
import { FieldLine, type LineConfig, type LineSite } from './field-line.js'
import type { LogEncoding } from './file-series.js'
import { StepText, stampOf } from './time-stamp.js'

const SECOND = 1000

const w3c: Dialect = {
  begin: '',
  separator: ' ',
  end: '\r\n',
  hasHead: true,
  canBeCut: true,
  raw: escapeRaw,
  text: escapeText,
  custom: escapeCustom,
  plain: (value) => value || '-',
  number: String,
  name: () => '',
  stamps: (flags) => {
    const from = flags.includes('Date') ? 0 : 11
    const to = flags.includes('Time') ? 19 : 10
    return from < to ? new StepText(SECOND, (at) => `${stampOf(at).slice(from, to)} `) : null
  },
}

export const w3cLine = (site: LineSite, config: LineConfig, encoding: LogEncoding): FieldLine =>
  new FieldLine(w3c, site, config, encoding)
