/** Builds the lines of one site's log from the fields of W3C Extended; they are chosen once, the line at each request. */
import { Buffer } from 'node:buffer'
import type { LogFileConfig, RequestContext, Site } from '../../core/index.js'
import { AskedFields } from './asked-fields.js'
import { Asked } from './asked.js'
import { customField } from './custom-field.js'
import type { Dialect } from './dialect.js'
import { escapeText } from './escape.js'
import type { LogEncoding } from './file-series.js'
import type { LineFormat, LineSink } from './line-format.js'
import { BYTES_PER_UNIT, NUMBER_BYTES, endLine, inEncoding, putBytes, putNumber, putText } from './put.js'
import type { Variable } from './server-variables.js'
import type { StepText } from './time-stamp.js'
import { Field, fieldName, fieldNames, fieldNumbers } from './w3c-fields.js'

export type LineSite = Pick<Site, 'id' | 'name'>
export type LineConfig = Pick<
  LogFileConfig,
  'logExtFileFlags' | 'customFields' | 'logSiteId' | 'maxLogLineLength'
>

export class FieldLine implements LineFormat {
  readonly fields: string
  private readonly dialect: Dialect
  private readonly encoding: LogEncoding
  private readonly begin: Buffer
  private readonly stamps: StepText | null
  private readonly isAsked: boolean
  private readonly outcomes: readonly number[]
  private readonly outcomeNames: readonly Buffer[]
  private readonly custom: readonly { readonly name: string; readonly read: Variable }[]
  private readonly customLength: number
  private readonly longest: number
  private readonly separator: number
  /** Bytes that all but what was asked and the custom fields take at most. */
  private readonly fixed: number
  /** By their headers, for those that more than one request has had. */
  private readonly repeated = new WeakMap<readonly string[], Asked>()
  /** The list that came last of those, and for all others a place to make their text in. */
  private lastRepeated: readonly string[] | null = null
  private lastAsked: Asked
  private readonly single: Asked

  constructor(dialect: Dialect, site: LineSite, config: LineConfig, encoding: LogEncoding) {
    const { logExtFileFlags: flags, customFields } = config
    const numbers = fieldNumbers(flags)
    this.dialect = dialect
    this.encoding = encoding
    this.begin = Buffer.from(dialect.begin)
    this.stamps = dialect.stamps(flags)
    const askedFields = new AskedFields(
      dialect,
      encoding,
      config.logSiteId ? `W3SVC${site.id}` : site.name,
      numbers.filter((field) => field < Field.HttpStatus),
    )
    this.isAsked = askedFields.numbers.length > 0
    this.single = this.lastAsked = new Asked(askedFields)
    this.outcomes = numbers.filter((field) => field >= Field.HttpStatus)
    // A number needs no escape.
    this.outcomeNames = this.outcomes.map((field) => Buffer.from(dialect.name(fieldName(field))))
    this.separator = dialect.separator.charCodeAt(0)
    this.custom = customFields.fields.map((field) => ({
      name: dialect.name(field.logFieldName),
      read: customField(field),
    }))
    this.customLength = customFields.maxCustomFieldLength
    const customNames = customFields.fields.map(({ logFieldName }) => escapeText(logFieldName))
    this.fields = dialect.hasHead ? [...fieldNames(flags), ...customNames].join(' ') : ''
    this.longest = dialect.canBeCut ? config.maxLogLineLength : Number.POSITIVE_INFINITY
    const named = this.outcomeNames.reduce((sum, { length }) => sum + length, 0)
    this.fixed = 64 + this.begin.length + named + this.outcomes.length * (NUMBER_BYTES + 1)
  }

  write(ctx: RequestContext, sink: LineSink): void {
    const { completedAt } = ctx
    const asked = this.isAsked ? this.askedOf(ctx) : null
    const custom = this.custom.length === 0 ? '' : this.customText(ctx)
    const most = this.fixed + (asked === null ? 0 : asked.prepare(ctx)) + custom.length * BYTES_PER_UNIT
    const bytes = sink.room(most, completedAt)
    if (bytes === null) return
    const start = sink.position
    let at = start
    if (this.begin.length > 0) at = putBytes(bytes, at, this.begin)
    if (this.stamps !== null) at = putBytes(bytes, at, this.stamps.turnTo(completedAt).bytes)
    if (asked !== null) at = asked.put(bytes, at)
    for (let i = 0; i < this.outcomes.length; i++) {
      const name = this.outcomeNames[i]
      if (name !== undefined && name.length > 0) at = putBytes(bytes, at, name)
      at = putNumber(bytes, at, outcomeOf(this.outcomes[i] ?? 0, ctx))
      bytes[at++] = this.separator
    }
    if (custom !== '') at = putText(bytes, at, custom, this.encoding)
    sink.wrote(this.end(bytes, start, at))
  }

  /** The last separator makes way for the end of the line. */
  private end(bytes: Buffer, start: number, at: number): number {
    const { begin, end, canBeCut } = this.dialect
    const last = at > start + begin.length ? at - 1 : at
    if (canBeCut) return endLine(bytes, start, last, this.longest, this.encoding)
    return putText(bytes, last, end, this.encoding)
  }

  private askedOf(ctx: RequestContext): Asked {
    const { rawHeaders } = ctx
    if (!ctx.repeatsHeaders) {
      this.single.read(rawHeaders)
      return this.single
    }
    if (rawHeaders === this.lastRepeated) return this.lastAsked
    let asked = this.repeated.get(rawHeaders)
    if (!asked) {
      asked = this.single.another()
      asked.read(rawHeaders)
      this.repeated.set(rawHeaders, asked)
    }
    this.lastRepeated = rawHeaders
    this.lastAsked = asked
    return asked
  }

  private customText(ctx: RequestContext): string {
    let text = ''
    for (const { name, read } of this.custom)
      text += name + this.dialect.custom(cutToBytes(read(ctx), this.customLength)) + this.dialect.separator
    return inEncoding(text, this.encoding)
  }
}

const outcomeOf = (field: number, ctx: RequestContext): number => {
  switch (field) {
    case Field.HttpStatus:
      return ctx.response.status
    case Field.HttpSubStatus:
      return ctx.response.subStatus
    case Field.Win32Status:
      return ctx.win32Status
    case Field.BytesSent:
      return ctx.bytesSent
    case Field.BytesRecv:
      return ctx.bytesReceived
    default:
      return Math.max(0, ctx.completedAt - ctx.receivedAt)
  }
}

/** At most so many bytes of UTF-8, never half a character. */
const cutToBytes = (text: string, most: number): string => {
  if (text.length * BYTES_PER_UNIT <= most) return text
  const bytes = Buffer.from(text)
  if (bytes.length <= most) return text
  let end = most
  // 10xxxxxx is a byte inside a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
