/**
 * Stands before node's server: each connection passes it before anybody reads a byte. It refuses those over a limit of the
 * server, and reads the PROXY header where a binding has one.
 */
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { Clock, ErrorCode, EventLog, ServerConfig } from '../../../core/index.js'
import { plainAddress } from '../arrival.js'
import { membership } from '../../../core/config/network.js'
import { clientKey, type Trusts } from './client-address.js'
import { Descriptors } from './descriptors.js'
import { NO_LIMIT } from './no-limit.js'
import { readProxyHeader } from './proxy-header.js'

/** A connection that is refused may still send its request for so long, in milliseconds. */
const PATIENCE = 2_000

const HEADER_WAIT = 120_000

type Enter = (socket: Socket) => void

/** Where a connection comes from. */
export interface Peer {
  readonly address: string
  readonly port: number
}

const PEER = Symbol('peer')
const PASSED = Symbol('passed')

type GatedSocket = Socket & { [PEER]?: Peer; [PASSED]?: boolean }

/** The client of a connection: whom the PROXY header names, else who has made it. */
export const peerOf = (socket: Socket): Peer => {
  // A TLS socket stands on the one that came through the gate.
  const { _parent: below } = socket as { _parent?: GatedSocket | null }
  const named = (socket as GatedSocket)[PEER] ?? below?.[PEER]
  return named ?? { address: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 }
}

export interface GateOptions {
  readonly config: ServerConfig
  readonly clock: Clock
  readonly events: EventLog
  /** Connections that are let in now. */
  readonly count: () => number
  /** Answers and logs a refusal: `packet` is what the client has sent first, if anything. */
  readonly refuse: (socket: Socket, code: ErrorCode, packet: Buffer | undefined) => void
}

export class Gate {
  private readonly options: GateOptions
  private readonly descriptors: Descriptors
  private webLimits: ServerConfig['webLimits']
  private trusts: Trusts = null
  private readonly byClient = new Map<string, number>()
  /** Connections that are neither in nor refused yet. */
  private readonly outside = new Set<Socket>()

  constructor(options: GateOptions) {
    this.options = options
    this.webLimits = options.config.webLimits
    this.descriptors = new Descriptors(options.events)
    this.configure(options.config)
  }

  configure({ webLimits }: ServerConfig): void {
    this.webLimits = webLimits
    this.trusts = membership(webLimits.trustedProxies)
  }

  /** Nobody waits for those that have not come in. */
  close(): void {
    for (const socket of this.outside) socket.destroy()
  }

  /** From now on connections of `server` pass here first; who listens to them now hears of those that are let in. */
  guard(server: EventEmitter, proxyProtocol: () => boolean): void {
    const listeners = server.listeners('connection') as Enter[]
    server.removeAllListeners('connection')
    const enter: Enter = (socket) => {
      ;(socket as GatedSocket)[PASSED] = true
      for (const listener of listeners) listener.call(server, socket)
    }
    server.on('connection', (socket: GatedSocket) => {
      if (socket[PASSED]) enter(socket)
      else this.arrived(socket, proxyProtocol(), enter)
    })
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.syscall === 'accept') this.descriptors.failed(error)
    })
  }

  private arrived(socket: GatedSocket, proxyProtocol: boolean, enter: Enter): void {
    const { webLimits, options } = this
    if (this.descriptors.isExhausted(socket)) {
      options.refuse(socket, 'OUT_OF_DESCRIPTORS', undefined)
    } else if (options.count() + this.outside.size >= webLimits.maxConnections) {
      this.turnAway(socket, 'TOO_MANY_CONNECTIONS')
    } else if (proxyProtocol) this.readHeader(socket, enter)
    else this.letIn(socket, enter)
  }

  private letIn(socket: GatedSocket, enter: Enter): void {
    if (this.webLimits.maxConnectionsPerClient < NO_LIMIT) {
      const client = clientKey(peerOf(socket).address)
      const count = this.byClient.get(client) ?? 0
      if (count >= this.webLimits.maxConnectionsPerClient) {
        this.turnAway(socket, 'TOO_MANY_OF_CLIENT')
        return
      }
      this.byClient.set(client, count + 1)
      socket.once('close', () => {
        const left = (this.byClient.get(client) ?? 1) - 1
        if (left > 0) this.byClient.set(client, left)
        else this.byClient.delete(client)
      })
    }
    enter(socket)
  }

  /** The answer follows the request's first bytes, so that it is not taken for one to nothing; it does not wait long. */
  private turnAway(socket: Socket, code: ErrorCode): void {
    socket.on('error', () => undefined)
    const answer = (packet?: Buffer): void => {
      socket.off('data', answer)
      forget()
      if (!socket.destroyed) this.options.refuse(socket, code, packet)
    }
    const forget = this.waitOutside(socket, PATIENCE, answer)
    socket.on('data', answer)
  }

  private readHeader(socket: GatedSocket, enter: Enter): void {
    const { options, webLimits, trusts } = this
    if (trusts && !trusts(peerOf(socket).address)) {
      options.refuse(socket, 'BAD_PROXY_HEADER', undefined)
      return
    }
    let bytes = Buffer.alloc(0)
    const onError = (): void => undefined
    const give = (code: ErrorCode | null): void => {
      socket.off('data', onData)
      socket.off('error', onError)
      forget()
      if (code) options.refuse(socket, code, undefined)
    }
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      const header = readProxyHeader(bytes)
      if (header === 'MORE') return
      if (header === 'BAD') {
        give('BAD_PROXY_HEADER')
        return
      }
      give(null)
      if (header.source) socket[PEER] = header.source
      socket.pause()
      if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length))
      this.letIn(socket, enter)
      socket.resume()
    }
    const limit = webLimits.headerWaitTimeout || webLimits.connectionTimeout || HEADER_WAIT
    const forget = this.waitOutside(socket, limit, () => {
      give('HEADERS_TOO_SLOW')
    })
    socket.on('error', onError)
    socket.on('data', onData)
  }

  /** Calls back after so long, unless the connection ends before; answers how to end the waiting. */
  private waitOutside(socket: Socket, milliseconds: number, callback: () => void): () => void {
    const cancel = this.options.clock.after(milliseconds, callback)
    const forget = (): void => {
      cancel()
      socket.off('close', forget)
      this.outside.delete(socket)
    }
    this.outside.add(socket)
    socket.once('close', forget)
    return forget
  }
}
