/** The only way in for HTTP: owns the listening sockets and turns what node's parser reads into requests of the pipeline. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Server as NetServer, Socket } from 'node:net'
import {
  RequestContext,
  type Clock,
  type ErrorCode,
  type HttpVersion,
  type ServerConfig,
} from '../../core/index.js'
import type { Pipeline } from '../../core/pipeline/pipeline.js'
import { shareHeaders } from '../../core/pipeline/share-headers.js'
import { ClientConnection } from './client-connection.js'
import { FrontDoor } from './front-door.js'
import { announcesBody, leanMessages } from './lean-messages.js'
import { asOrdinary, mayUpgrade } from './upgrade-request.js'
import { leanMessagesWork } from './lean-messages-trial.js'
import { FieldWriter } from './field-writer.js'
import { ListeningSocket, type SharedListening } from './listening-socket.js'
import { canFinish, clientKeepsAlive } from './node-response.js'
import { errorCodeOf, isClientGone, requestLineOf } from './parse-errors.js'

/** http.sys's own time limit for the headers, in milliseconds, where `headerWaitTimeout` is 0. */
const HEADER_WAIT = 120_000

/** Where to listen: `*` stands for all addresses of the machine, port 0 for any free one. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

export interface ListenerOptions {
  readonly config: ServerConfig
  readonly pipeline: Pipeline
  readonly clock: Clock
  /** Sees each new connection before its first byte is read. */
  readonly attach?: ((socket: Socket, encrypted: boolean) => void) | undefined
  /** Told of each socket that listens: others may accept on it too. */
  readonly share?: ((server: Server, endpoint: Endpoint) => SharedListening | null) | undefined
  /** Answers repeated hits before node's parser; off, everything is the same but slower. */
  readonly frontDoor: boolean
}

const CONNECTION = Symbol('connection')

const LEAN = leanMessagesWork()

type ListenedSocket = Socket & { [CONNECTION]?: ClientConnection }

export class Listener {
  private readonly options: ListenerOptions
  private webLimits: ServerConfig['webLimits']
  private readonly sockets = new Set<ListeningSocket>()
  private lastConnectionId = 0
  private closing = false
  private tellDone: (() => void) | null = null
  private finishes: boolean | undefined
  private readonly frontDoor: FrontDoor | null

  constructor(options: ListenerOptions) {
    this.options = options
    this.webLimits = options.config.webLimits
    const { pipeline, clock } = options
    this.frontDoor = options.frontDoor && pipeline.canTryCached ? new FrontDoor(pipeline, clock) : null
    options.pipeline.onDone = (ctx) => {
      ;(ctx.connection as ClientConnection).done(ctx)
      if (!this.closing) return
      ;(ctx.connection as ClientConnection).endSoon()
      this.onlyTunnels()
    }
  }

  /**
   * Opens a listening socket; resolves when it accepts.
   *
   * @param listening - a server that listens there already, and whose place it takes
   * @throws the system's error (EADDRINUSE, EACCES, EADDRNOTAVAIL) when it cannot be had.
   */
  async open(endpoint: Endpoint, listening?: NetServer): Promise<ListeningSocket> {
    const socket: ListeningSocket = new ListeningSocket(this.createServer(), () =>
      this.sockets.delete(socket),
    )
    socket.server.on('connection', (client: ListenedSocket) => {
      this.connected(client, socket.connections)
    })
    await socket.listen(endpoint, listening)
    socket.shared = this.options.share?.(socket.server, endpoint) ?? null
    this.sockets.add(socket)
    return socket
  }

  /** Limits of the whole server that connections from now on are held to. */
  configure({ webLimits }: ServerConfig): void {
    this.webLimits = webLimits
    for (const { server } of this.sockets) {
      // Not in the types; node reads it for each new connection.
      ;(server as { maxHeaderSize?: number }).maxHeaderSize = webLimits.maxRequestBytes
      server.headersTimeout = webLimits.headerWaitTimeout || HEADER_WAIT
    }
  }

  /** The requests that are on their way now, one for each busy connection. */
  *requests(): Generator<RequestContext> {
    for (const { connections } of this.sockets) {
      for (const { request } of connections) if (request) yield request
    }
  }

  get connectionCount(): number {
    return [...this.sockets].reduce((sum, { connections }) => sum + connections.size, 0)
  }

  /** Accepts no more, lets requests under way finish, closes idle connections; resolves when no connection is left. */
  async close(): Promise<void> {
    this.closing = true
    await Promise.all([...this.sockets].map((socket) => socket.close()))
  }

  /** Resolves when nothing is left but connections that applications have taken over; after `close`. */
  requestsDone(): Promise<void> {
    return new Promise((resolve) => {
      this.tellDone = resolve
      this.onlyTunnels()
    })
  }

  /** Cuts all connections; with `but` those stay that applications have taken over. */
  destroy(but?: 'tunnels'): void {
    for (const { connections } of this.sockets)
      for (const { socket, tunnel } of [...connections]) if (!but || !tunnel) socket.destroy()
  }

  private readonly onlyTunnels = (): void => {
    if (!this.tellDone) return
    for (const { connections } of this.sockets) for (const { tunnel } of connections) if (!tunnel) return
    this.tellDone()
    this.tellDone = null
  }

  private createServer(): Server {
    const { webLimits } = this
    const server = createServer({
      ...(LEAN ? leanMessages : {}),
      maxHeaderSize: webLimits.maxRequestBytes,
      headersTimeout: webLimits.headerWaitTimeout || HEADER_WAIT,
      // Silence is timed on the socket itself, once for each connection: see `connected`.
      keepAliveTimeout: 0,
      // The entity body has a time limit of its own, that starts again with each packet.
      requestTimeout: 0,
      // The validate stage says what is wrong with the host, and logs it.
      requireHostHeader: false,
      noDelay: true,
      // From Node 24 on; before, what is no candidate is given back to the parser.
      ...{ shouldUpgradeCallback: mayUpgrade },
    })
    // Header lines are bounded in bytes by maxHeaderSize; a bound in number would drop some of them silently.
    server.maxHeadersCount = 0
    server.on('request', (request, response) => {
      this.request(request, response, false, null)
    })
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      this.request(request, response, true, null)
    })
    server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      this.request(request, response, false, 'EXPECTATION_FAILED')
    })
    server.on('connect', (request: IncomingMessage, socket: ListenedSocket) => {
      const connection = socket[CONNECTION]
      if (connection) this.refuse(connection, request.method ?? '-', request.url ?? '', 'BAD_VERB')
    })
    server.on('upgrade', (request: IncomingMessage, socket: ListenedSocket, head: Buffer) => {
      this.upgrade(server, request, socket, head)
    })
    server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
      this.clientError(error, socket as ListenedSocket)
    })
    return server
  }

  private connected(socket: ListenedSocket, connections: Set<ClientConnection>): void {
    // Given back to the parser: it is known.
    if (socket[CONNECTION]) return
    const { pipeline } = this.options
    const connection = new ClientConnection(++this.lastConnectionId, socket, false, pipeline, this.frontDoor)
    socket[CONNECTION] = connection
    this.options.attach?.(socket, connection.encrypted)
    socket.setTimeout(this.webLimits.connectionTimeout)
    connections.add(connection)
    socket.once('close', () => {
      connections.delete(connection)
      connection.gone()
      this.onlyTunnels()
    })
  }

  private request(
    incoming: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
    error: ErrorCode | null,
  ): void {
    const connection = (incoming.socket as ListenedSocket)[CONNECTION]
    if (!connection) return
    const { rawHeaders } = incoming
    const { pipeline, clock } = this.options
    const ctx = new RequestContext(
      pipeline,
      connection,
      this.writesBytes(response) ? connection : new FieldWriter(response),
      incoming.method ?? '',
      incoming.url ?? '',
      incoming.httpVersion as HttpVersion,
      rawHeaders,
      announcesBody(rawHeaders) ? incoming : null,
      clientKeepsAlive(response),
      expectsContinue,
      clock.now(),
    )
    shareHeaders(ctx)
    connection.accept(ctx, response, error)
  }

  /** Node's parser has let go of a connection on which the client asks for another protocol. */
  private upgrade(server: Server, incoming: IncomingMessage, socket: ListenedSocket, head: Buffer): void {
    const connection = socket[CONNECTION]
    if (!connection) return
    // The front door may stand where node's parser did.
    socket.removeAllListeners('data')
    connection.detached()
    if (!mayUpgrade(incoming)) {
      socket.unshift(Buffer.concat([asOrdinary(incoming), head]))
      server.emit('connection', socket)
      return
    }
    // Its 'close' says all that is to be done.
    socket.on('error', () => undefined)
    socket.on('timeout', () => {
      if (!connection.busy) socket.destroy()
    })
    if (head.length > 0) socket.unshift(head)
    const { pipeline, clock } = this.options
    const { method = '', url = '', httpVersion, rawHeaders } = incoming
    const ctx = new RequestContext(
      pipeline,
      connection,
      connection,
      method,
      url,
      httpVersion as HttpVersion,
      rawHeaders,
      null,
      false,
      false,
      clock.now(),
    )
    ctx.upgrade = socket
    connection.onTunnel = this.onlyTunnels
    shareHeaders(ctx)
    connection.accept(ctx, null, null)
  }

  /** Whether responses can be finished from outside on this Node: asked of the first one, the same for all. */
  private writesBytes(response: ServerResponse): boolean {
    if (!LEAN) {
      // Silence while the application works is no fault; lean responses say so themselves.
      response.on('timeout', () => undefined)
    }
    return (this.finishes ??= canFinish(response))
  }

  private clientError(error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: ListenedSocket): void {
    const connection = socket[CONNECTION]
    if (!connection || socket.destroyed || isClientGone(error.code)) {
      socket.destroy()
      return
    }
    const code = errorCodeOf(error.code)
    if (connection.interrupt(code)) return
    const { method, target } = requestLineOf(error.rawPacket)
    this.refuse(connection, method, target, code)
  }

  /** A request that node made no message of. */
  private refuse(connection: ClientConnection, method: string, target: string, code: ErrorCode): void {
    const { pipeline, clock } = this.options
    const ctx = new RequestContext(
      pipeline,
      connection,
      connection,
      method,
      target,
      '1.1',
      [],
      null,
      false,
      false,
      clock.now(),
    )
    connection.accept(ctx, null, code)
  }
}
