/** Asks a server by HTTP/2, over TLS or with prior knowledge, many requests on one connection. */
import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
} from 'node:http2'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly trailers: Readonly<Record<string, string | string[] | undefined>>
  /** 1xx that came before. */
  readonly informed: readonly number[]
  readonly text: string
}

export interface Http2Client {
  readonly session: ClientHttp2Session
  /** Rejects with the code of the reset where the stream is cut. */
  ask(path: string, headers?: OutgoingHttpHeaders, body?: string | Uint8Array): Promise<Answer>
  open(path: string, headers?: OutgoingHttpHeaders, endStream?: boolean): ClientHttp2Stream
}

export const http2Client = (url: string, authority: string, options: object = {}): Http2Client => {
  const session = connect(url, { rejectUnauthorized: false, servername: authority, ...options })
  session.on('error', () => undefined)
  const open = (path: string, headers: OutgoingHttpHeaders = {}, endStream = true): ClientHttp2Stream => {
    const stream = session.request({ ':path': path, ':authority': authority, ...headers }, { endStream })
    stream.on('error', () => undefined)
    return stream
  }
  return {
    session,
    open,
    ask: (path, headers, body) => answerOf(open(path, headers, body === undefined), body),
  }
}

export const answerOf = (stream: ClientHttp2Stream, body?: string | Uint8Array): Promise<Answer> =>
  new Promise((resolve, reject) => {
    let headers: Record<string, string | string[] | undefined> = {}
    let trailers: Record<string, string | string[] | undefined> = {}
    const informed: number[] = []
    let text = ''
    stream.setEncoding('utf8')
    stream.on('headers', (fields) => informed.push(Number(fields[':status'])))
    stream.on('response', (fields) => (headers = { ...fields } as typeof headers))
    stream.on('trailers', (fields) => (trailers = { ...fields } as typeof trailers))
    stream.on('data', (chunk: string) => (text += chunk))
    stream.on('close', () => {
      if (stream.rstCode !== 0 || headers[':status'] === undefined) {
        reject(
          Object.assign(new Error(`stream closed with code ${stream.rstCode}`), {
            code: stream.rstCode,
          }),
        )
      } else resolve({ status: Number(headers[':status']), headers, trailers, informed, text })
    })
    if (body !== undefined) stream.end(body)
  })
