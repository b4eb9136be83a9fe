/** The request of a child that has a body of its own: node's own object, on the connection of its parent. */
import { IncomingMessage } from 'node:http'
import type { HostedRequest } from '../hosted-request.js'
import { setHeaderLines } from '../node-internals.js'
import { ServerVariables } from '../server-variables.js'

const OF_THE_BODY = /^(?:content-length|transfer-encoding|content-encoding|expect|trailer)$/i

/** The same request with another body; what the parent's body has left stays there. */
export const withEntity = (parent: HostedRequest, entity: string | Uint8Array): HostedRequest => {
  const body = Buffer.from(entity as string)
  const request: HostedRequest = new IncomingMessage(parent.socket)
  request.httpVersionMajor = parent.httpVersionMajor
  request.httpVersionMinor = parent.httpVersionMinor
  request.httpVersion = parent.httpVersion
  request.method = parent.method
  request.url = parent.url
  if (parent.originalUrl !== undefined) request.originalUrl = parent.originalUrl
  const { rawHeaders, serverVariables } = parent
  const headers = ['Content-Length', String(body.length)]
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (!OF_THE_BODY.test(name)) headers.push(name, rawHeaders[i + 1] ?? '')
  }
  setHeaderLines(request, headers)
  if (serverVariables) {
    const { settings, HTTP_URL } = serverVariables
    request.serverVariables = new ServerVariables(request, settings, HTTP_URL)
  }
  request.complete = true
  request.push(body)
  request.push(null)
  return request
}
