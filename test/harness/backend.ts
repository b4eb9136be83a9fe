/** A server behind a proxy that can die, come back on the same port, and misbehave as a request's path says. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface Backend {
  readonly url: string
  /** Method and path of each request, in the order in which they came. */
  readonly seen: string[]
  /** The last request. */
  last(): IncomingMessage | undefined
  /** It stops to listen, and all its connections break. */
  die(): Promise<void>
  /** It listens again, on the same port. */
  comeBack(): Promise<void>
}

/** Ends with the test. */
export const startBackend = async (t: Test, listener: RequestListener): Promise<Backend> => {
  const seen: string[] = []
  let last: IncomingMessage | undefined
  let port = 0
  let server: Server | null = null
  const comeBack = async (): Promise<void> => {
    server = createServer((request, response) => {
      seen.push(`${request.method ?? ''} ${request.url ?? ''}`)
      last = request
      listener(request, response)
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  const die = async (): Promise<void> => {
    if (server === null) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    server = null
    await closed
  }
  await comeBack()
  t.teardown(die)
  return { url: `http://127.0.0.1:${port}`, seen, last: () => last, die, comeBack }
}
