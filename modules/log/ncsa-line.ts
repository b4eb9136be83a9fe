/** Lines in the common log format of NCSA, by local time. */
import type { RequestContext } from '../../core/index.js'
import { targetPath, targetQuery } from './asked-fields.js'
import { escapeRaw, escapeText } from './escape.js'
import type { LogEncoding } from './file-series.js'
import type { LineFormat, LineSink } from './line-format.js'
import { plainAddress } from './plain-address.js'
import { putLine } from './put.js'
import { ncsaStamps } from './time-stamp.js'

/** A quotation mark would end the request. */
const quotable = (value: string): string => (value.includes('"') ? value.replaceAll('"', '%22') : value)

export class NCSALine implements LineFormat {
  readonly fields = ''
  private readonly longest: number
  private readonly encoding: LogEncoding
  private readonly stamps = ncsaStamps()

  constructor(longest: number, encoding: LogEncoding) {
    this.longest = longest
    this.encoding = encoding
  }

  write(ctx: RequestContext, sink: LineSink): void {
    const { connection, completedAt, path, target } = ctx
    const client = plainAddress(connection.remoteAddress) || '-'
    const stem = path === '' ? escapeRaw(targetPath(target)) : escapeText(path)
    const query = path === '' ? targetQuery(target) : ctx.query
    const url = quotable(query === '' ? stem : `${stem}?${escapeRaw(query)}`)
    const text =
      `${client} - ${escapeText(ctx.user)} ${this.stamps.turnTo(completedAt).text} ` +
      `"${quotable(escapeRaw(ctx.method))} ${url} HTTP/${ctx.httpVersion}" ${ctx.response.status} ${ctx.bytesSent}`
    putLine(sink, text, completedAt, this.longest, this.encoding)
  }
}
