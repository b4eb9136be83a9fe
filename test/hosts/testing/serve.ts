/** What the tests of the bridge share: servers, bare and bridged, and clients that see everything. */
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type RequestListener,
  type RequestOptions,
  type Server,
} from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { bridge, type BridgeOptions } from '../../../hosts/testing/index.js'

/** One way to put an application on a port. */
export interface Way {
  readonly name: 'bare' | 'bridged'
  serve(listener: RequestListener, options?: BridgeOptions): Promise<Served>
}

export interface Served {
  readonly port: number
  readonly server: Server
}

export const listen = async (test: Test, server: Server): Promise<Served> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  test.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, server }
}

/** Runs a test twice: on node's own server, and through the bridge. What holds for the one must hold for the other. */
export const both = (name: string, body: (test: Test, way: Way) => Promise<void>): void => {
  const ways: [Way['name'], (listener: RequestListener, options?: BridgeOptions) => RequestListener][] = [
    ['bare', (listener) => listener],
    ['bridged', bridge],
  ]
  for (const [how, wrap] of ways) {
    void t.test(`${name} (${how})`, (test) =>
      body(test, {
        name: how,
        serve: (listener, options) => listen(test, createServer(wrap(listener, options))),
      }),
    )
  }
}

export interface Answer {
  readonly status: number
  readonly message: string
  readonly version: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly trailers: NodeJS.Dict<string>
  readonly complete: boolean
}

/** A whole exchange. Rejects when the connection breaks before the answer is complete. */
export const ask = (
  port: number,
  path: string,
  options: RequestOptions = {},
  body?: string | Buffer,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          message: response.statusMessage ?? '',
          version: response.httpVersion,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: Buffer.concat(chunks),
          trailers: response.trailers,
          complete: response.complete,
        })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })

/** What comes back for these bytes until the server closes, or until `enough` says so. */
export const raw = (
  port: number,
  bytes: string,
  enough: (received: string) => boolean = () => false,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', (data: string) => {
      received += data
      if (!enough(received)) return
      socket.destroy()
      resolve(received)
    })
    socket.on('error', reject)
    socket.on('close', () => {
      resolve(received)
    })
  })

/** A promise and the function that keeps it. */
export const once = <T>(): { promise: Promise<T>; keep: (value: T) => void } => {
  let keep: (value: T) => void = () => undefined
  const promise = new Promise<T>((resolve) => {
    keep = resolve
  })
  return { promise, keep }
}
