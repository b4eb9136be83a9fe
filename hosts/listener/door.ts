/**
 * Stands before a port that speaks more than plain HTTP/1: looks at the first bytes of each connection and gives it to TLS,
 * to HTTP/2 or to HTTP/1. Until then it holds it, for as long as a handshake may take.
 */
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { plainAddress, setArrival } from './arrival.js'
import { readFirstBytes } from './tls/client-hello.js'
import type { Identity } from './tls/identity.js'
import type { IdentityTable } from './tls/identity-table.js'
import { tlsFactsOf } from './tls/tls-facts.js'

/** What a client with prior knowledge of HTTP/2 begins with (RFC 9113 section 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** Where a connection came from and to: after its end nobody could say. */
export interface Ends {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
}

export interface DoorOptions {
  /** Null for a port of plain HTTP. */
  readonly table: IdentityTable | null
  /** Milliseconds until a connection must be somebody's. */
  handshakeTimeout(): number
  http1(socket: Socket): void
  http2(socket: Socket): void
  /** TLS did not come about. */
  failed(ends: Ends, code: 'TLS_FAILED' | 'TLS_TOO_SLOW'): void
}

interface Waiting {
  readonly ends: Ends
  readonly timer: NodeJS.Timeout
  bytes: Buffer
}

export class Door {
  readonly server: NetServer
  private readonly options: DoorOptions
  private readonly waiting = new Map<Socket, Waiting>()
  private identities: IdentityTable | null
  private readonly known = new WeakSet<Identity>()

  constructor(options: DoorOptions) {
    this.options = options
    this.identities = options.table
    this.server = createServer({ noDelay: true }, (socket) => {
      this.arrived(socket)
    })
  }

  /** Certificates of connections from now on; handshakes under way are finished with the old ones. */
  set table(table: IdentityTable) {
    this.identities = table
  }

  /** Cuts all connections that are nobody's yet. */
  clear(): void {
    for (const socket of this.waiting.keys()) socket.destroy()
  }

  private arrived(socket: Socket): void {
    const timer = setTimeout(() => {
      this.tooSlow(socket)
    }, this.options.handshakeTimeout())
    timer.unref()
    this.waiting.set(socket, { ends: endsOf(socket), timer, bytes: Buffer.alloc(0) })
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.leave(socket)
    })
    socket.on('data', this.onData(socket))
  }

  private onData(socket: Socket): (chunk: Buffer) => void {
    const listener = (chunk: Buffer): void => {
      const waiting = this.waiting.get(socket)
      if (!waiting) return
      waiting.bytes = waiting.bytes.length === 0 ? chunk : Buffer.concat([waiting.bytes, chunk])
      const pass = this.identities ? this.asTls(socket, waiting) : this.asPlain(socket, waiting.bytes)
      if (!pass) return
      socket.off('data', listener)
      socket.pause()
      socket.unshift(waiting.bytes)
      waiting.bytes = Buffer.alloc(0)
      pass()
    }
    return listener
  }

  /** Undefined as long as that cannot be told. */
  private asPlain(socket: Socket, bytes: Buffer): (() => void) | undefined {
    const { http1, http2 } = this.options
    const length = Math.min(bytes.length, PREFACE.length)
    const begins = bytes.compare(PREFACE, 0, length, 0, length) === 0
    if (begins && length < PREFACE.length) return undefined
    return () => {
      this.leave(socket)
      setArrival(socket, { transport: socket, tls: null, refusal: null })
      if (begins) http2(socket)
      else passOn(socket, http1)
    }
  }

  private asTls(socket: Socket, { bytes, ends }: Waiting): (() => void) | undefined {
    const first = readFirstBytes(bytes)
    if (first.kind === 'more') return undefined
    if (first.kind === 'plain') {
      return () => {
        this.leave(socket)
        setArrival(socket, { transport: socket, tls: null, refusal: 'PLAIN_HTTP' })
        passOn(socket, this.options.http1)
      }
    }
    const identity = this.identities?.find(ends.localAddress, first.name)
    return () => {
      if (identity) this.secure(socket, identity)
      else {
        this.leave(socket)
        socket.destroy()
        this.options.failed(ends, 'TLS_FAILED')
      }
    }
  }

  private secure(socket: Socket, identity: Identity): void {
    if (!this.known.has(identity)) {
      this.known.add(identity)
      identity.server.on('secureConnection', (secured) => {
        this.secured(secured, identity)
      })
      identity.server.on('tlsClientError', (error, secured) => {
        this.refused(secured, error)
      })
    }
    identity.server.emit('connection', socket)
  }

  private secured(secured: TLSSocket, { asks }: Identity): void {
    const transport = transportOf(secured)
    if (transport) this.leave(transport)
    setArrival(secured, {
      transport: transport ?? secured,
      tls: tlsFactsOf(secured, asks),
      refusal: null,
    })
    const { http1, http2 } = this.options
    if (secured.alpnProtocol === 'h2') http2(secured)
    else http1(secured)
  }

  private refused(secured: TLSSocket, error: NodeJS.ErrnoException): void {
    const transport = transportOf(secured)
    const waiting = transport && this.waiting.get(transport)
    if (transport) this.leave(transport)
    secured.destroy()
    transport?.destroy()
    if (waiting)
      this.options.failed(
        waiting.ends,
        error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT' ? 'TLS_TOO_SLOW' : 'TLS_FAILED',
      )
  }

  private tooSlow(socket: Socket): void {
    const waiting = this.waiting.get(socket)
    if (!waiting) return
    this.leave(socket)
    socket.destroy()
    if (this.identities) this.options.failed(waiting.ends, 'TLS_TOO_SLOW')
  }

  /** It is somebody's now, or gone. */
  private leave(socket: Socket): void {
    const waiting = this.waiting.get(socket)
    if (!waiting) return
    clearTimeout(waiting.timer)
    this.waiting.delete(socket)
  }
}

/** What was read already comes again to whoever listens. */
const passOn = (socket: Socket, to: (socket: Socket) => void): void => {
  to(socket)
  socket.resume()
}

const transportOf = (secured: TLSSocket): Socket | undefined =>
  (secured as TLSSocket & { _parent?: Socket })._parent

const endsOf = (socket: Socket): Ends => ({
  remoteAddress: plainAddress(socket.remoteAddress),
  remotePort: socket.remotePort ?? 0,
  localAddress: plainAddress(socket.localAddress),
  localPort: socket.localPort ?? 0,
})
