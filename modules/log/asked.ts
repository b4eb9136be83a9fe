/** The fields of a line that say what was asked, and by whom: all between its time and the outcome. */
import { Buffer } from 'node:buffer'
import type { HttpVersion, RequestContext } from '../../core/index.js'
import type { AskedFields, LoggedHeaders } from './asked-fields.js'
import { BYTES_PER_UNIT, putBytes, putText } from './put.js'

/**
 * The text for requests that have one list of headers. A client repeats itself: of its next line either all is as it was, or all
 * but the URL; those parts are neither escaped nor encoded again.
 */
export class Asked implements LoggedHeaders {
  private readonly fields: AskedFields
  userAgent = ''
  cookie = ''
  referer = ''
  host = ''
  // What the text was made for, beside the headers.
  private isMade = false
  private method = ''
  private user = ''
  private httpVersion: HttpVersion = '1.1'
  private localAddress = ''
  private localPort = 0
  private remoteAddress = ''
  private path = ''
  private query = ''
  // The values, and of what has come again the bytes.
  private readonly values: string[] = []
  private beforeBytes: Buffer | null = null
  private afterBytes: Buffer | null = null
  private whole: Buffer | null = null

  constructor(fields: AskedFields) {
    this.fields = fields
  }

  /** For another list of headers. */
  another(): Asked {
    return new Asked(this.fields)
  }

  /** Names are compared only where their length fits: this runs for every header of every new list. */
  read(headers: readonly string[]): void {
    this.isMade = false
    this.userAgent = ''
    this.cookie = ''
    this.referer = ''
    this.host = ''
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] ?? ''
      const value = headers[i + 1] ?? ''
      if (name.length === 10) {
        if (this.userAgent === '' && isNamed(name, 'User-Agent', 'user-agent')) this.userAgent = value
      } else if (name.length === 7) {
        if (this.referer === '' && isNamed(name, 'Referer', 'referer')) this.referer = value
      } else if (name.length === 6) {
        if (this.cookie === '' && isNamed(name, 'Cookie', 'cookie')) this.cookie = value
      } else if (name.length === 4) {
        if (this.host === '' && isNamed(name, 'Host', 'host')) this.host = value
      }
    }
  }

  /** Makes ready for a request that has these headers; answers how many bytes `put` will need at most. */
  prepare(ctx: RequestContext): number {
    const { numbers, urlFrom, urlTo } = this.fields
    const isSameClient = this.isSameClient(ctx)
    // Without a path it was refused before its target was understood: nothing is kept for those.
    if (isSameClient && this.path !== '' && ctx.path === this.path && ctx.query === this.query) {
      this.whole ??= this.bytesOf(0, numbers.length)
      return this.whole.length
    }
    this.whole = null
    if (isSameClient) {
      this.beforeBytes ??= this.bytesOf(0, urlFrom)
      this.afterBytes ??= this.bytesOf(urlTo, numbers.length)
    } else this.meet(ctx)
    this.path = ctx.path
    this.query = ctx.query
    this.fill(urlFrom, urlTo, ctx)
    let units = this.fields.around
    for (const value of this.values) units += value.length
    return units * BYTES_PER_UNIT
  }

  /** The fields of the request that `prepare` was called for, each with its separator; answers where they end. */
  put(bytes: Buffer, start: number): number {
    const { whole, beforeBytes, afterBytes } = this
    if (whole !== null) return putBytes(bytes, start, whole)
    const { numbers, urlFrom, urlTo } = this.fields
    if (beforeBytes === null || afterBytes === null) return this.putValues(bytes, start, 0, numbers.length)
    const at = this.putValues(bytes, putBytes(bytes, start, beforeBytes), urlFrom, urlTo)
    return putBytes(bytes, at, afterBytes)
  }

  private isSameClient({ method, user, httpVersion, connection }: RequestContext): boolean {
    return (
      this.isMade &&
      method === this.method &&
      user === this.user &&
      httpVersion === this.httpVersion &&
      connection.remoteAddress === this.remoteAddress &&
      connection.localPort === this.localPort &&
      connection.localAddress === this.localAddress
    )
  }

  private meet(ctx: RequestContext): void {
    const { connection } = ctx
    this.isMade = true
    this.method = ctx.method
    this.user = ctx.user
    this.httpVersion = ctx.httpVersion
    this.remoteAddress = connection.remoteAddress
    this.localPort = connection.localPort
    this.localAddress = connection.localAddress
    this.beforeBytes = null
    this.afterBytes = null
    const { numbers, urlFrom, urlTo } = this.fields
    this.fill(0, urlFrom, ctx)
    this.fill(urlTo, numbers.length, ctx)
  }

  private fill(from: number, to: number, ctx: RequestContext): void {
    const { fields } = this
    for (let i = from; i < to; i++) this.values[i] = fields.valueOf(fields.numbers[i] ?? 0, ctx, this)
  }

  /** Each value by itself: joined to one text they would have to be copied once more. */
  private putValues(bytes: Buffer, start: number, from: number, to: number): number {
    const { names, encoding, separator } = this.fields
    const blank = separator.charCodeAt(0)
    let at = start
    for (let i = from; i < to; i++) {
      const name = names[i] ?? ''
      if (name !== '') at = putText(bytes, at, name, encoding)
      at = putText(bytes, at, this.values[i] ?? '', encoding)
      bytes[at++] = blank
    }
    return at
  }

  private bytesOf(from: number, to: number): Buffer {
    const { names, encoding, separator } = this.fields
    let text = ''
    for (let i = from; i < to; i++) text += (names[i] ?? '') + (this.values[i] ?? '') + separator
    return Buffer.from(text, encoding)
  }
}

const isNamed = (name: string, usual: string, lower: string): boolean =>
  name === usual || name.toLowerCase() === lower
