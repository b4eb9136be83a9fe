/** Node's own request object for an application: with its header lines, its URL below the mount, its server variables. */
import { IncomingMessage } from 'node:http'
import type { Hosted } from './hosted-applications.js'
import { joinHeaders, setHeaderLines } from './node-internals.js'
import { stripMount } from './request-path.js'
import { ServerVariables } from './server-variables.js'
import type { StandInSocket } from './stand-in-socket.js'

/** Node's message, with the properties that the runtime adds. */
export interface HostedRequest extends IncomingMessage {
  originalUrl?: string
  serverVariables?: ServerVariables
}

/**
 * The request whose header lines are those of `socket`.
 *
 * @param same - they were those of the request before as well
 */
export const makeRequest = (
  socket: StandInSocket,
  hosted: Hosted,
  method: string,
  url: string,
  old: boolean,
  same: boolean,
): HostedRequest => {
  const request: HostedRequest = new IncomingMessage(socket as never)
  request.httpVersionMajor = 1
  request.httpVersionMinor = old ? 0 : 1
  request.httpVersion = old ? '1.0' : '1.1'
  request.method = method
  request.url = url
  const { settings } = hosted
  // A copy for each request, since it is the application's to change.
  const rawHeaders = socket.rawHeaders.slice()
  if (hosted.segments > 0) {
    replaceHeader(rawHeaders, 'X-Forwarded-Prefix', settings.mount)
    request.originalUrl = url
    if (settings.pathBase === 'strip') request.url = stripMount(url, hosted.segments)
  }
  setHeaderLines(request, rawHeaders)
  if (same && hosted.segments === 0) {
    socket.headers ??= joinHeaders(socket.rawHeaders)
    request.headers = { ...socket.headers }
  }
  request.serverVariables = new ServerVariables(request, settings, url)
  return request
}

/** The client speaks HTTP/2, whatever stands between it and the application. */
export const setHttp2 = (request: IncomingMessage): void => {
  request.httpVersionMajor = 2
  request.httpVersionMinor = 0
  request.httpVersion = '2.0'
}

/** Sets a header of which there must be one only, whatever the client sent. */
const replaceHeader = (rawHeaders: string[], name: string, value: string): void => {
  const lower = name.toLowerCase()
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    if (rawHeaders[i]?.toLowerCase() === lower) rawHeaders.splice(i, 2)
  }
  rawHeaders.push(name, value)
}
