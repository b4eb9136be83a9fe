/** The fields that say what was asked, and by whom, as they are configured: which, in what dialect, and their values. */
import { hostname } from 'node:os'
import type { RequestContext } from '../../core/index.js'
import type { Dialect } from './dialect.js'
import type { LogEncoding } from './file-series.js'
import { plainAddress } from './plain-address.js'
import { inEncoding } from './put.js'
import { Field, fieldName } from './w3c-fields.js'

/** Name of this machine. */
export const COMPUTER = hostname()

/** The headers that a line may show; '' where there is none. */
export interface LoggedHeaders {
  readonly userAgent: string
  readonly cookie: string
  readonly referer: string
  readonly host: string
}

export class AskedFields {
  readonly encoding: LogEncoding
  /** The fields, in their order; those of the URL are from `urlFrom` up to `urlTo`. */
  readonly numbers: readonly number[]
  readonly urlFrom: number
  readonly urlTo: number
  /** What stands before each value, and behind it. */
  readonly names: readonly string[]
  readonly separator: string
  /** Characters of all that is no value. */
  readonly around: number
  private readonly dialect: Dialect
  private readonly siteName: string
  private readonly computer: string

  constructor(dialect: Dialect, encoding: LogEncoding, siteName: string, numbers: readonly number[]) {
    this.dialect = dialect
    this.encoding = encoding
    this.siteName = dialect.text(siteName)
    this.computer = dialect.text(COMPUTER)
    this.numbers = numbers
    this.urlFrom = numbers.filter((field) => field < Field.UriStem).length
    this.urlTo = numbers.filter((field) => field <= Field.UriQuery).length
    this.names = numbers.map((field) => dialect.name(fieldName(field)))
    this.separator = dialect.separator
    this.around = this.names.reduce((sum, { length }) => sum + length + 1, 0)
  }

  /** The value of a field, as it stands in the line. */
  valueOf(field: number, ctx: RequestContext, headers: LoggedHeaders): string {
    const value = this.textOf(field, ctx, headers)
    return this.encoding === 'utf8' ? value : inEncoding(value, this.encoding)
  }

  private textOf(field: number, ctx: RequestContext, headers: LoggedHeaders): string {
    const { dialect, siteName, computer } = this
    const { connection } = ctx
    switch (field) {
      case Field.SiteName:
        return siteName
      case Field.ComputerName:
        return computer
      case Field.ServerIP:
        return dialect.plain(plainAddress(connection.localAddress))
      case Field.Method:
        return dialect.raw(ctx.method)
      case Field.UriStem:
        return ctx.path === '' ? dialect.raw(targetPath(ctx.target)) : dialect.text(ctx.path)
      case Field.UriQuery:
        return dialect.raw(ctx.path === '' ? targetQuery(ctx.target) : ctx.query)
      case Field.ServerPort:
        return dialect.number(connection.localPort)
      case Field.UserName:
        return dialect.text(ctx.user)
      case Field.ClientIP:
        return dialect.plain(plainAddress(connection.remoteAddress))
      case Field.ProtocolVersion:
        return dialect.plain(`HTTP/${ctx.httpVersion}`)
      case Field.UserAgent:
        return dialect.raw(headers.userAgent)
      case Field.Cookie:
        return dialect.raw(headers.cookie)
      case Field.Referer:
        return dialect.raw(headers.referer)
      default:
        return dialect.raw(headers.host)
    }
  }
}

/** What stands for the path of a request that was refused before it was decoded. */
export const targetPath = (target: string): string => {
  const end = target.indexOf('?')
  return end < 0 ? target : target.slice(0, end)
}

/** The same for its query. */
export const targetQuery = (target: string): string => {
  const start = target.indexOf('?')
  return start < 0 ? '' : target.slice(start + 1)
}
