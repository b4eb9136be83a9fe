/** Builds the lines of one site's log in the W3C Extended format; the fields are chosen once, the line at each request. */
import { Buffer } from 'node:buffer'
import type { LogFileConfig, RequestContext, Site } from '../../core/index.js'
import { customField } from './custom-field.js'
import type { LogEncoding } from './file-series.js'
import { escapeCustom, escapeText } from './escape.js'
import type { Variable } from './server-variables.js'
import { timeStamp } from './time-stamp.js'
import { Asked, type AskedFields } from './w3c-asked.js'
import { Field, fieldNames, fieldNumbers } from './w3c-fields.js'

const BEYOND_LATIN1 = /[^\u0000-\u00ff]/gu

export class W3CLine {
  /** What stands behind `#Fields:`. */
  readonly fields: string
  /** The selected fields in their order: when it was, what was asked, how it ended. */
  private readonly times: readonly number[]
  private readonly askedFields: AskedFields
  private readonly outcomes: readonly number[]
  private readonly custom: readonly Variable[]
  private readonly customLength: number
  private readonly longest: number
  private readonly isUtf8: boolean
  /** By their headers, for those that more than one request has had. */
  private readonly repeated = new WeakMap<readonly string[], Asked>()
  /** The list that came last of those, and for all others a place to make their text in. */
  private lastRepeated: readonly string[] | null = null
  private lastAsked = new Asked()
  private readonly single = new Asked()

  constructor(site: Pick<Site, 'id' | 'name'>, config: LogFileConfig, encoding: LogEncoding) {
    const { logExtFileFlags: flags, customFields } = config
    const numbers = fieldNumbers(flags)
    this.times = numbers.filter((field) => field < Field.SiteName)
    this.askedFields = {
      numbers: numbers.filter((field) => field >= Field.SiteName && field < Field.HttpStatus),
      siteName: config.logSiteId ? `W3SVC${site.id}` : escapeText(site.name),
    }
    this.outcomes = numbers.filter((field) => field >= Field.HttpStatus)
    this.custom = customFields.fields.map(customField)
    this.customLength = customFields.maxCustomFieldLength
    const customNames = customFields.fields.map(({ logFieldName }) => escapeText(logFieldName))
    this.fields = [...fieldNames(flags), ...customNames].join(' ')
    this.longest = config.maxLogLineLength
    this.isUtf8 = encoding === 'utf8'
  }

  /** The whole line with its CRLF; of a request that has been completed. */
  format(ctx: RequestContext): string {
    let line = ''
    for (const field of this.times) line = append(line, timeOf(field, ctx.completedAt))
    if (this.askedFields.numbers.length > 0)
      line = append(line, this.askedOf(ctx).textFor(ctx, this.askedFields))
    for (const field of this.outcomes) line = append(line, outcomeOf(field, ctx))
    if (this.custom.length > 0) line = this.addCustom(line, ctx)
    if (!this.isUtf8) line = line.replace(BEYOND_LATIN1, '?')
    // No character needs more than three bytes for each of its code units.
    return line.length * 3 > this.longest ? `${cutToBytes(line, this.longest)}\r\n` : `${line}\r\n`
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
      asked = new Asked()
      asked.read(rawHeaders)
      this.repeated.set(rawHeaders, asked)
    }
    this.lastRepeated = rawHeaders
    this.lastAsked = asked
    return asked
  }

  private addCustom(start: string, ctx: RequestContext): string {
    let line = start
    for (const read of this.custom)
      line = append(line, escapeCustom(cutToBytes(read(ctx), this.customLength)))
    return line
  }
}

const append = (line: string, value: string): string => (line === '' ? value : `${line} ${value}`)

const timeOf = (field: number, at: number): string => {
  const stamp = timeStamp(at)
  if (field === Field.DateTime) return stamp
  return field === Field.Date ? stamp.slice(0, 10) : stamp.slice(11)
}

const outcomeOf = (field: number, ctx: RequestContext): string => {
  switch (field) {
    case Field.HttpStatus:
      return String(ctx.response.status)
    case Field.HttpSubStatus:
      return String(ctx.response.subStatus)
    case Field.Win32Status:
      return String(ctx.win32Status)
    case Field.BytesSent:
      return String(ctx.bytesSent)
    case Field.BytesRecv:
      return String(ctx.bytesReceived)
    default:
      return String(Math.max(0, ctx.completedAt - ctx.receivedAt))
  }
}

/** At most so many bytes of UTF-8, never half a character. */
const cutToBytes = (text: string, most: number): string => {
  if (text.length * 3 <= most) return text
  const bytes = Buffer.from(text)
  if (bytes.length <= most) return text
  let end = most
  // 10xxxxxx is a byte inside a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
