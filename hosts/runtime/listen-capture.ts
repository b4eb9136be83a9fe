/** Takes `listen` over while an application loads, so that a program which starts its own server is hosted unchanged. */
import { Server as HttpServer } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import { Server } from 'node:net'
import type { AddressInfo } from 'node:net'

type Listen = (this: Server, ...rest: unknown[]) => Server

let waiting: ((server: HttpServer) => void) | null = null
let port = 0

const original: Listen = Object.getOwnPropertyDescriptor(Server.prototype, 'listen')?.value as Listen

/** Installed once in each worker: web servers never open a port in it, other servers do as ever. */
export const installListenCapture = (): void => {
  Server.prototype.listen = function listen(this: Server, ...rest: unknown[]): Server {
    if (!(this instanceof HttpServer || this instanceof HttpsServer)) return original.apply(this, rest)
    pretendToListen(this as HttpServer, rest)
    waiting?.(this as HttpServer)
    return this
  } as typeof Server.prototype.listen
}

/**
 * Calls `found` with each web server that wants to listen until the returned function is called. The server believes to
 * listen on `asPort`.
 */
export const captureListen = (asPort: number, found: (server: HttpServer) => void): (() => void) => {
  port = asPort
  waiting = found
  return () => {
    waiting = null
  }
}

const pretendToListen = (server: HttpServer, rest: unknown[]): void => {
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
