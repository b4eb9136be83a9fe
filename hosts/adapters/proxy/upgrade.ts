/** Takes an upgraded connection (WebSocket) to a server: from the 101 on it only carries bytes. */
import { request as requestHttp, STATUS_CODES, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Duplex } from 'node:stream'
import { requestFields } from './fields.js'
import type { Forwarding } from './forward.js'

/** As an 'upgrade' listener of node's http.Server is called. */
export const forwardUpgrade = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { choice, options, mount, say }: Forwarding,
): void => {
  socket.on('error', () => socket.destroy())
  const server = choice.pick([])
  if (!server) {
    refuse(socket, 503)
    return
  }
  const fields = requestFields(request, server.origin.host, mount, options)
  fields.push('Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? '')
  const ask = server.origin.protocol === 'https:' ? requestHttps : requestHttp
  const outgoing = ask({
    method: request.method ?? 'GET',
    path: server.prefix + (request.url ?? '/'),
    headers: fields as unknown as Record<string, string>,
    agent: false,
    timeout: options.requestTimeout,
    rejectUnauthorized: options.rejectUnauthorized,
    ...(server.socketPath === undefined
      ? { host: server.origin.hostname.replace(/^\[|\]$/g, ''), port: server.origin.port }
      : { socketPath: server.socketPath }),
  })
  let status: 502 | 504 = 502
  outgoing.once('timeout', () => {
    status = 504
    outgoing.destroy(new Error('no answer in time'))
  })
  outgoing.once('error', (error) => {
    choice.failed(server)
    say(`${server.name} failed (upgrade ${request.url ?? ''}): ${error.message}`)
    refuse(socket, status)
  })
  outgoing.once('response', (answer) => {
    socket.write(headOf(answer, true), 'latin1')
    answer.once('error', () => socket.destroy())
    answer.pipe(socket)
  })
  outgoing.once('upgrade', (answer, behind, first) => {
    choice.succeeded(server)
    behind.setTimeout(0)
    socket.write(headOf(answer, false), 'latin1')
    if (first.length > 0) socket.write(first)
    if (head.length > 0) behind.write(head)
    server.active++
    behind.once('error', () => socket.destroy())
    behind.once('close', () => {
      server.active--
      socket.destroy()
    })
    socket.once('close', () => behind.destroy())
    behind.pipe(socket).pipe(behind)
  })
  socket.once('close', () => outgoing.destroy())
  outgoing.end()
}

/** A refusal ends the connection: its body was framed for a connection that goes on, and node has taken that frame away. */
const headOf = ({ statusCode = 502, statusMessage, rawHeaders }: IncomingMessage, last: boolean): string => {
  let text = `HTTP/1.1 ${statusCode} ${statusMessage ?? ''}\r\n`
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (last && /^(connection|keep-alive|transfer-encoding)$/i.test(name)) continue
    text += `${name}: ${rawHeaders[at + 1] ?? ''}\r\n`
  }
  return `${text}${last ? 'Connection: close\r\n' : ''}\r\n`
}

const refuse = (socket: Duplex, status: 502 | 503 | 504): void => {
  if (socket.writable)
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    )
}
