/** Every way in which a request leaves the straight path: an error is answered, a client has gone, all is done. */
import { errorTable, type ErrorCode } from '../errors.js'
import type { RequestContext } from './request-context.js'

/** Win32: the network name is no longer available; IIS logs it where the client went away. */
const ERROR_NETNAME_DELETED = 64
/** Win32: the network connection was aborted by the local system. */
const ERROR_CONNECTION_ABORTED = 1236

const HTML = ['Content-Type', 'text/html; charset=us-ascii'] as const
/** When it is worth to try again, in seconds. */
const FIELDS: Readonly<Record<number, readonly string[]>> = {
  429: [...HTML, 'Retry-After', '1'],
  503: [...HTML, 'Retry-After', '5'],
}

/** Sets the answer that the error table has for `code`; whatever response there was is dropped. */
export const setErrorResponse = (ctx: RequestContext, code: ErrorCode): void => {
  const { status, subStatus, title, text, close } = errorTable[code]
  const { response } = ctx
  response.stream?.cancel()
  ctx.error = code
  if (status === 0) {
    response.status = 0
    response.reset = true
    response.close = true
    ctx.win32Status = code === 'CLIENT_GONE' ? ERROR_NETNAME_DELETED : ERROR_CONNECTION_ABORTED
    return
  }
  ctx.respond(status, FIELDS[status] ?? HTML, errorPage(title, text, status), subStatus)
  response.close = close
}

/** Notes that the client closed its connection before the response was complete. */
export const setClientGone = (ctx: RequestContext): void => {
  ctx.error ??= ctx.state === 'respond' ? 'RESPONSE_CUT' : 'CLIENT_GONE'
  ctx.win32Status = ERROR_NETNAME_DELETED
  ctx.response.stream?.cancel()
}

/** The body of an answer that the listener makes itself, in the words and the shape of http.sys. */
export const errorPage = (title: string, text: string, status: number): string =>
  [
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">',
    `<HTML><HEAD><TITLE>${title}</TITLE>`,
    '<META HTTP-EQUIV="Content-Type" Content="text/html; charset=us-ascii"></HEAD>',
    `<BODY><h2>${title}</h2>`,
    `<hr><p>HTTP Error ${status}. ${text}</p>`,
    '</BODY></HTML>',
    '',
  ].join('\r\n')
