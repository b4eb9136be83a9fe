/** The fields of a line that say what was asked, and by whom: all between its time and the outcome. */
import { hostname } from 'node:os'
import type { RequestContext } from '../../core/index.js'
import { escapeRaw, escapeText } from './escape.js'
import { plainAddress } from './plain-address.js'
import { Field } from './w3c-fields.js'

const COMPUTER = escapeText(hostname())

/** What of a site's configuration these fields need. */
export interface AskedFields {
  /** Those of the selected fields that belong here, in their order. */
  readonly numbers: readonly number[]
  readonly siteName: string
}

/**
 * The text for requests that have one list of headers. A client repeats itself, and then its next line begins as the last
 * one did: neither headers nor URL are escaped again.
 */
export class Asked {
  private userAgent = '-'
  private cookie = '-'
  private referer = '-'
  private host = '-'
  // What the text was made for, beside the headers.
  private method = ''
  private path = ''
  private query = ''
  private user = ''
  private httpVersion = ''
  private localAddress = ''
  private localPort = 0
  private remoteAddress = ''
  private text = ''

  /** Names are compared only where their length fits: this runs for every header of every new list. */
  read(headers: readonly string[]): void {
    this.path = ''
    this.userAgent = '-'
    this.cookie = '-'
    this.referer = '-'
    this.host = '-'
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] ?? ''
      const value = headers[i + 1] ?? ''
      if (name.length === 10) {
        if (this.userAgent === '-' && isNamed(name, 'User-Agent', 'user-agent'))
          this.userAgent = escapeRaw(value)
      } else if (name.length === 7) {
        if (this.referer === '-' && isNamed(name, 'Referer', 'referer')) this.referer = escapeRaw(value)
      } else if (name.length === 6) {
        if (this.cookie === '-' && isNamed(name, 'Cookie', 'cookie')) this.cookie = escapeRaw(value)
      } else if (name.length === 4) {
        if (this.host === '-' && isNamed(name, 'Host', 'host')) this.host = escapeRaw(value)
      }
    }
  }

  /** The fields of a request that has these headers, joined by blanks. */
  textFor(ctx: RequestContext, fields: AskedFields): string {
    if (!this.wasMadeFor(ctx)) {
      this.text = this.join(ctx, fields)
      this.keep(ctx)
    }
    return this.text
  }

  /** A request without a path was refused before its target was understood: nothing is kept for those. */
  private wasMadeFor(ctx: RequestContext): boolean {
    const { connection } = ctx
    return (
      this.path !== '' &&
      ctx.path === this.path &&
      ctx.query === this.query &&
      ctx.method === this.method &&
      ctx.user === this.user &&
      ctx.httpVersion === this.httpVersion &&
      connection.remoteAddress === this.remoteAddress &&
      connection.localPort === this.localPort &&
      connection.localAddress === this.localAddress
    )
  }

  private keep(ctx: RequestContext): void {
    const { connection } = ctx
    this.path = ctx.path
    this.query = ctx.query
    this.method = ctx.method
    this.user = ctx.user
    this.httpVersion = ctx.httpVersion
    this.remoteAddress = connection.remoteAddress
    this.localPort = connection.localPort
    this.localAddress = connection.localAddress
  }

  private join(ctx: RequestContext, { numbers, siteName }: AskedFields): string {
    let text = ''
    for (const field of numbers) {
      const value = this.field(field, ctx, siteName)
      text = text === '' ? value : `${text} ${value}`
    }
    return text
  }

  private field(field: number, ctx: RequestContext, siteName: string): string {
    const { connection } = ctx
    switch (field) {
      case Field.SiteName:
        return siteName
      case Field.ComputerName:
        return COMPUTER
      case Field.ServerIP:
        return plainAddress(connection.localAddress) || '-'
      case Field.Method:
        return escapeRaw(ctx.method)
      case Field.UriStem:
        return stemOf(ctx)
      case Field.UriQuery:
        return queryOf(ctx)
      case Field.ServerPort:
        return String(connection.localPort)
      case Field.UserName:
        return escapeText(ctx.user)
      case Field.ClientIP:
        return plainAddress(connection.remoteAddress) || '-'
      case Field.ProtocolVersion:
        return `HTTP/${ctx.httpVersion}`
      case Field.UserAgent:
        return this.userAgent
      case Field.Cookie:
        return this.cookie
      case Field.Referer:
        return this.referer
      default:
        return this.host
    }
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
