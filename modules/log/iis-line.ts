/** Lines in the IIS format: fifteen fixed fields, each followed by a comma, by local time. */
import type { RequestContext } from '../../core/index.js'
import { COMPUTER, targetPath, targetQuery } from './asked-fields.js'
import { escapeRaw, escapeText } from './escape.js'
import type { LineSite } from './field-line.js'
import type { LogEncoding } from './file-series.js'
import type { LineFormat, LineSink } from './line-format.js'
import { plainAddress } from './plain-address.js'
import { putLine } from './put.js'
import { iisStamps } from './time-stamp.js'

/** A comma would begin the next field. */
const field = (value: string): string => (value.includes(',') ? value.replaceAll(',', '+') : value)

const SERVER = field(escapeText(COMPUTER))

export class IISLine implements LineFormat {
  readonly fields = ''
  private readonly service: string
  private readonly longest: number
  private readonly encoding: LogEncoding
  private readonly stamps = iisStamps()

  constructor({ id }: LineSite, longest: number, encoding: LogEncoding) {
    this.service = `W3SVC${id}`
    this.longest = longest
    this.encoding = encoding
  }

  write(ctx: RequestContext, sink: LineSink): void {
    const { connection, response, completedAt, path, target } = ctx
    const client = plainAddress(connection.remoteAddress) || '-'
    const server = plainAddress(connection.localAddress) || '-'
    const stem = field(path === '' ? escapeRaw(targetPath(target)) : escapeText(path))
    const query = field(escapeRaw(path === '' ? targetQuery(target) : ctx.query))
    const text =
      `${client}, ${field(escapeText(ctx.user))}, ${this.stamps.turnTo(completedAt).text}, ${this.service}, ${SERVER}, ${server}, ` +
      `${Math.max(0, completedAt - ctx.receivedAt)}, ${ctx.bytesReceived}, ${ctx.bytesSent}, ${response.status}, ` +
      `${ctx.win32Status}, ${field(escapeRaw(ctx.method))}, ${stem}, ${query},`
    putLine(sink, text, completedAt, this.longest, this.encoding)
  }
}
