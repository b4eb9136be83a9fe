/** The server variables that rules can name, as the request stands now. */
import type { HttpContext } from '../../../core/index.js'
import { originalUrl } from '../resource.js'

/** Names in any letter case. */
export const variablesOf =
  (ctx: HttpContext): ((name: string) => string | undefined) =>
  (name) => {
    const upper = name.toUpperCase()
    switch (upper) {
      case 'QUERY_STRING':
        return ctx.query
      case 'REQUEST_FILENAME':
      case 'PATH_TRANSLATED':
      case 'SCRIPT_FILENAME':
        return ctx.physicalPath
      case 'PATH_INFO':
        return ctx.path
      case 'URL':
      case 'SCRIPT_NAME':
        return ctx.application.mount + ctx.path
      case 'REQUEST_URI':
      case 'UNENCODED_URL':
        return originalUrl(ctx)
      case 'REQUEST_METHOD':
      case 'HTTP_METHOD':
        return ctx.request.method
      case 'SERVER_PORT_SECURE':
        return ctx.serverVariable('HTTPS') === 'on' ? '1' : '0'
      case 'REMOTE_USER':
      case 'AUTH_USER':
        return ctx.user?.name
      case 'RESPONSE_STATUS':
        return String(ctx.response.statusCode)
    }
    if (upper.startsWith('RESPONSE_')) {
      const value = ctx.response.getHeader(upper.slice('RESPONSE_'.length).replaceAll('_', '-'))
      return value === undefined ? undefined : String(value)
    }
    return ctx.serverVariable(upper)
  }

/** `HTTP_X_NAME` becomes a header of the request, anything else a server variable. */
export const setVariable = (ctx: HttpContext, name: string, value: string, replace: boolean): void => {
  const upper = name.toUpperCase()
  if (!replace && (variablesOf(ctx)(upper) ?? '') !== '') return
  const { request } = ctx
  if (upper.startsWith('HTTP_')) {
    const field = upper.slice('HTTP_'.length).toLowerCase().replaceAll('_', '-')
    const lines = request.rawHeaders
    for (let i = lines.length - 2; i >= 0; i -= 2) {
      if (lines[i]?.toLowerCase() === field) lines.splice(i, 2)
    }
    if (value === '') Reflect.deleteProperty(request.headers, field)
    else {
      // No line of its own may begin in a value.
      const clean = value.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, ' ')
      request.headers[field] = clean
      lines.push(field, clean)
    }
    return
  }
  const { serverVariables } = request as typeof request & { serverVariables?: object }
  if (serverVariables) {
    Object.defineProperty(serverVariables, upper, { value, configurable: true, enumerable: true })
  }
}
