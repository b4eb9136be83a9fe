/** Takes `listen` over while an application loads, so that a program which starts its own server is hosted unchanged. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { Server as HttpServer } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import { Server } from 'node:net'
import type { AddressInfo } from 'node:net'

type Listen = (this: Server, ...rest: unknown[]) => Server

/** An application that is being loaded. */
interface Capture {
  /** What its server believes to listen on. */
  readonly port: number
  readonly found: (server: HttpServer) => void
}

/** Says which application is at work, so that several can load at a time. */
const atWork = new AsyncLocalStorage<Capture>()
const loading = new Set<Capture>()

const original: Listen = Object.getOwnPropertyDescriptor(Server.prototype, 'listen')?.value as Listen

let installed = false

/**
 * Installed once, where applications run. In a worker web servers never open a port, other servers do as ever. In the server's
 * own process they are not the only ones that listen: there it is those that an application opens while it loads.
 */
export const installListenCapture = (where: 'worker' | 'server' = 'worker'): void => {
  if (installed) return
  installed = true
  const own = where === 'server'
  Server.prototype.listen = function listen(this: Server, ...rest: unknown[]): Server {
    if (!(this instanceof HttpServer || this instanceof HttpsServer)) return original.apply(this, rest)
    const capture = own ? atWork.getStore() : whose()
    if (own && !capture) return original.apply(this, rest)
    pretendToListen(this as HttpServer, rest, capture?.port ?? 0)
    if (capture && loading.has(capture)) capture.found(this as HttpServer)
    return this
  } as typeof Server.prototype.listen
}

/** Runs `load`, and calls `found` with each web server that wants to listen meanwhile on its behalf. */
export const captureListen = async <T>(
  port: number,
  found: (server: HttpServer) => void,
  load: () => Promise<T>,
): Promise<T> => {
  const capture: Capture = { port, found }
  loading.add(capture)
  try {
    return await atWork.run(capture, load)
  } finally {
    loading.delete(capture)
    // While it is in use, node follows every promise of the worker, those of requests as well.
    if (loading.size === 0) atWork.disable()
  }
}

/** Where a program has lost its context on the way, it is clear only as long as it loads alone. */
const whose = (): Capture | undefined => {
  const known = atWork.getStore()
  if (known) return known
  const [only, ...others] = loading
  return others.length === 0 ? only : undefined
}

const pretendToListen = (server: HttpServer, rest: unknown[], port: number): void => {
  const address: AddressInfo = { address: '127.0.0.1', family: 'IPv4', port }
  let listening = true
  server.address = () => (listening ? address : null)
  Object.defineProperty(server, 'listening', { configurable: true, get: () => listening })
  server.close = (callback?: (error?: Error) => void) => {
    listening = false
    if (callback) server.once('close', callback)
    process.nextTick(() => server.emit('close'))
    return server
  }
  const callback = rest.findLast((argument) => typeof argument === 'function')
  if (callback) server.once('listening', callback as () => void)
  process.nextTick(() => server.emit('listening'))
}
