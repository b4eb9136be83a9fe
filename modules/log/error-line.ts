/** Builds the lines of the HTTP error log: what the listener refused, or could not finish (http.sys: httperr1.log). */
import { errorTable, type RequestContext } from '../../core/index.js'
import { escapeRaw, escapeText } from './escape.js'
import { plainAddress } from './plain-address.js'
import { timeStamp } from './time-stamp.js'

export const ERROR_FIELDS =
  'date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-siteid s-reason s-queuename'

const LONGEST_METHOD = 255
const LONGEST_URL = 4096

/** Whether a request belongs into the error log: it has no site whose log could hold it, or ended for one of the reasons. */
export const isListenerError = (ctx: RequestContext): boolean =>
  ctx.site === null || (ctx.error !== null && errorTable[ctx.error].reason !== '-')

/** The whole line with its CRLF. */
export const errorLine = (ctx: RequestContext): string => {
  const { connection, response, site, error, queue } = ctx
  return [
    timeStamp(ctx.completedAt),
    plainAddress(connection.remoteAddress) || '-',
    connection.remotePort,
    plainAddress(connection.localAddress) || '-',
    connection.localPort,
    ctx.method === '' ? '-' : `HTTP/${ctx.httpVersion}`,
    escapeRaw(ctx.method.slice(0, LONGEST_METHOD)),
    escapeRaw(ctx.target.slice(0, LONGEST_URL)),
    response.status || '-',
    site ? site.id : '-',
    error ? errorTable[error].reason : '-',
    `${escapeText(queue?.name ?? '')}\r\n`,
  ].join(' ')
}
