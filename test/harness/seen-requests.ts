/** What a server makes of raw bytes: which requests its application saw, and how each was answered. */
import { connect } from 'node:net'

/** Says in a header what it has seen, whole; answers when the body is whole. */
export const SEEING = `
import { createHash } from 'node:crypto'
const seen = (request, body) => Buffer.from(JSON.stringify({
  method: request.method, url: request.url, version: request.httpVersion, headers: request.rawHeaders, trailers: request.rawTrailers,
  body: createHash('sha1').update(body).digest('hex') + ' ' + body.length,
}), 'latin1').toString('base64')
export default (request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('error', () => undefined)
  request.on('end', () => {
    response.setHeader('X-Seen', seen(request, Buffer.concat(chunks)))
    response.setHeader('Content-Length', 0)
    response.end()
  })
}`

export interface Seen {
  readonly method: string
  readonly url: string
  readonly version: string
  readonly headers: string[]
  readonly trailers: string[]
  readonly body: string
}

export interface Outcome {
  /** Status of each response, in turn. */
  readonly statuses: readonly string[]
  readonly seen: readonly Seen[]
  /** The server has closed the connection, by itself or after the client had. */
  readonly closed: boolean
}

/** Behind every input: whether it is seen as a request of its own shows where the server thought that the input ended. */
const LAST = 'GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
/** The server waits for more after so long, in milliseconds: then the client ends its half. */
const HANG = 10_000

/** @param split - sends the bytes before it first, and the rest in another packet; 0 for all at once */
export const outcomeOf = (port: number, input: Buffer, quiet: number, split = 0): Promise<Outcome> =>
  new Promise((resolve) => {
    const bytes = Buffer.concat([input, Buffer.from(LAST)])
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let text = ''
    let ended = false
    const settle = (closed: boolean): void => {
      socket.destroy()
      resolve({
        statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = '']) => status),
        seen: [...text.matchAll(/^x-seen: (.*)\r$/gim)].map(
          ([, seen = '']) => JSON.parse(Buffer.from(seen, 'base64').toString('latin1')) as Seen,
        ),
        closed,
      })
    }
    socket.setTimeout(quiet, () => {
      if (ended) {
        settle(false)
        return
      }
      ended = true
      socket.setTimeout(HANG)
      socket.end()
    })
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      settle(true)
    })
    if (split <= 0 || split >= bytes.length) socket.write(bytes)
    else {
      socket.write(bytes.subarray(0, split), () => {
        setImmediate(() => socket.write(bytes.subarray(split)))
      })
    }
  })

/** Ends at a proxy, or is a proxy's own (RFC 9110 section 7.6). */
const OF_HOPS =
  /^(connection|proxy-connection|keep-alive|te|transfer-encoding|content-length|upgrade|expect|via|trailer|x-forwarded-.*|host)$/i

/** What must be the same behind a proxy: all but fields that end there. A name that Connection lists ends there too. */
export const beyondHops = ({ method, url, headers, body }: Seen): string => {
  const named = new Set<string>()
  for (let at = 0; at < headers.length; at += 2)
    if (/^connection$/i.test(headers[at] ?? ''))
      for (const one of (headers[at + 1] ?? '').split(',')) named.add(one.trim().toLowerCase())
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase()
    if (!OF_HOPS.test(name) && !named.has(name)) kept.push(`${name}: ${headers[at + 1] ?? ''}`)
  }
  return JSON.stringify([method, url, kept, body])
}
