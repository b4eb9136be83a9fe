/** JSON lines: an object for each request, with the names of W3C Extended and the values as they are. */
import type { Dialect } from './dialect.js'
import { decodeRaw } from './escape.js'
import { FieldLine, type LineConfig, type LineSite } from './field-line.js'
import { StepText } from './time-stamp.js'

/** A longer value is logged as `...`, as in the other formats. */
const LONGEST_FIELD = 4096
const NEEDS_ESCAPE = /[^ !#-[\]-~]/

/** JSON.stringify, but for what it need not look at; a missing value is null. */
const quote = (value: string): string => {
  if (value === '') return 'null'
  return NEEDS_ESCAPE.test(value) ? JSON.stringify(value) : `"${value}"`
}

const bounded = (value: string): string => (value.length > LONGEST_FIELD ? '"..."' : quote(value))

const json: Dialect = {
  begin: '{',
  separator: ',',
  end: '}\n',
  hasHead: false,
  canBeCut: false,
  raw: (value) => (value.length > LONGEST_FIELD ? '"..."' : quote(decodeRaw(value))),
  text: bounded,
  custom: quote,
  plain: (value) => (value === '' ? 'null' : `"${value}"`),
  number: String,
  name: (name) => `${JSON.stringify(name)}:`,
  stamps: (flags) =>
    flags.includes('Date') || flags.includes('Time')
      ? new StepText(1, (at) => `"time":"${new Date(at).toISOString()}",`)
      : null,
}

/** Always UTF-8 (RFC 8259 section 8.1). */
export const jsonLine = (site: LineSite, config: LineConfig): FieldLine =>
  new FieldLine(json, site, config, 'utf8')
