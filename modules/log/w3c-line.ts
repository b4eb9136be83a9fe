/** Builds the lines of one site's log in the W3C Extended format; the fields are chosen once, the line at each request. */
import { Buffer } from 'node:buffer'
import { hostname } from 'node:os'
import type { LogFileConfig, RequestContext, Site } from '../../core/index.js'
import { customField } from './custom-field.js'
import type { LogEncoding } from './file-series.js'
import { escapeCustom, escapeRaw, escapeText } from './escape.js'
import { plainAddress } from './plain-address.js'
import type { Variable } from './server-variables.js'
import { timeStamp } from './time-stamp.js'
import { Field, type FieldFlag, fieldNames, fieldNumbers } from './w3c-fields.js'

const COMPUTER = escapeText(hostname())
const FROM_HEADERS: readonly FieldFlag[] = ['UserAgent', 'Cookie', 'Referer', 'Host']
const BEYOND_LATIN1 = /[^\u0000-\u00ff]/gu

export class W3CLine {
  /** What stands behind `#Fields:`. */
  readonly fields: string
  private readonly numbers: readonly number[]
  private readonly custom: readonly Variable[]
  private readonly customLength: number
  private readonly longest: number
  private readonly readsHeaders: boolean
  private readonly siteName: string
  private readonly isUtf8: boolean
  /** The headers that were read last, and their fields: a cached answer asked for again comes with the very same ones. */
  private headers: readonly string[] | null = null
  private userAgent = '-'
  private cookie = '-'
  private referer = '-'
  private host = '-'

  constructor(site: Pick<Site, 'id' | 'name'>, config: LogFileConfig, encoding: LogEncoding) {
    const { logExtFileFlags: flags, customFields } = config
    this.numbers = fieldNumbers(flags)
    this.custom = customFields.fields.map(customField)
    this.customLength = customFields.maxCustomFieldLength
    const customNames = customFields.fields.map(({ logFieldName }) => escapeText(logFieldName))
    this.fields = [...fieldNames(flags), ...customNames].join(' ')
    this.longest = config.maxLogLineLength
    this.isUtf8 = encoding === 'utf8'
    this.readsHeaders = flags.some((flag) => FROM_HEADERS.includes(flag))
    this.siteName = config.logSiteId ? `W3SVC${site.id}` : escapeText(site.name)
  }

  /** The whole line with its CRLF; of a request that has been completed. */
  format(ctx: RequestContext): string {
    if (this.readsHeaders && ctx.rawHeaders !== this.headers) this.readHeaders(ctx.rawHeaders)
    const { connection, response } = ctx
    let line = ''
    for (const field of this.numbers) {
      if (line !== '') line += ' '
      switch (field) {
        case Field.DateTime:
          line += timeStamp(ctx.completedAt)
          break
        case Field.Date:
          line += timeStamp(ctx.completedAt).slice(0, 10)
          break
        case Field.Time:
          line += timeStamp(ctx.completedAt).slice(11)
          break
        case Field.SiteName:
          line += this.siteName
          break
        case Field.ComputerName:
          line += COMPUTER
          break
        case Field.ServerIP:
          line += plainAddress(connection.localAddress) || '-'
          break
        case Field.Method:
          line += escapeRaw(ctx.method)
          break
        case Field.UriStem:
          line += stemOf(ctx)
          break
        case Field.UriQuery:
          line += queryOf(ctx)
          break
        case Field.ServerPort:
          line += String(connection.localPort)
          break
        case Field.UserName:
          line += escapeText(ctx.user)
          break
        case Field.ClientIP:
          line += plainAddress(connection.remoteAddress) || '-'
          break
        case Field.ProtocolVersion:
          line += `HTTP/${ctx.httpVersion}`
          break
        case Field.UserAgent:
          line += this.userAgent
          break
        case Field.Cookie:
          line += this.cookie
          break
        case Field.Referer:
          line += this.referer
          break
        case Field.Host:
          line += this.host
          break
        case Field.HttpStatus:
          line += String(response.status)
          break
        case Field.HttpSubStatus:
          line += String(response.subStatus)
          break
        case Field.Win32Status:
          line += String(ctx.win32Status)
          break
        case Field.BytesSent:
          line += String(ctx.bytesSent)
          break
        case Field.BytesRecv:
          line += String(ctx.bytesReceived)
          break
        case Field.TimeTaken:
          line += String(Math.max(0, ctx.completedAt - ctx.receivedAt))
          break
      }
    }
    if (this.custom.length > 0) line = this.addCustom(line, ctx)
    if (!this.isUtf8) line = line.replace(BEYOND_LATIN1, '?')
    // No character needs more than three bytes for each of its code units.
    return line.length * 3 > this.longest ? `${cutToBytes(line, this.longest)}\r\n` : `${line}\r\n`
  }

  /** Names are compared only where their length fits: this runs for every header of every request. */
  private readHeaders(headers: readonly string[]): void {
    this.headers = headers
    let userAgent = '-'
    let cookie = '-'
    let referer = '-'
    let host = '-'
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] ?? ''
      const value = headers[i + 1] ?? ''
      if (name.length === 10) {
        if (userAgent === '-' && isNamed(name, 'User-Agent', 'user-agent')) userAgent = escapeRaw(value)
      } else if (name.length === 7) {
        if (referer === '-' && isNamed(name, 'Referer', 'referer')) referer = escapeRaw(value)
      } else if (name.length === 6) {
        if (cookie === '-' && isNamed(name, 'Cookie', 'cookie')) cookie = escapeRaw(value)
      } else if (name.length === 4) {
        if (host === '-' && isNamed(name, 'Host', 'host')) host = escapeRaw(value)
      }
    }
    this.userAgent = userAgent
    this.cookie = cookie
    this.referer = referer
    this.host = host
  }

  private addCustom(start: string, ctx: RequestContext): string {
    let line = start
    for (const read of this.custom) {
      const value = escapeCustom(cutToBytes(read(ctx), this.customLength))
      line += line === '' ? value : ` ${value}`
    }
    return line
  }
}

const isNamed = (name: string, usual: string, lower: string): boolean =>
  name === usual || name.toLowerCase() === lower

/** The decoded path, or what stands in its place where the request was refused before it was decoded. */
const stemOf = (ctx: RequestContext): string => {
  if (ctx.path !== '') return escapeText(ctx.path)
  const end = ctx.target.indexOf('?')
  return escapeRaw(end < 0 ? ctx.target : ctx.target.slice(0, end))
}

const queryOf = (ctx: RequestContext): string => {
  if (ctx.path !== '') return escapeRaw(ctx.query)
  const start = ctx.target.indexOf('?')
  return escapeRaw(start < 0 ? '' : ctx.target.slice(start + 1))
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
