/** The only way in for HTTP: owns the listening sockets and turns what node's parser reads into requests of the pipeline. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Server as NetServer, Socket } from 'node:net'
import {
  RequestContext,
  type Clock,
  type ErrorCode,
  type EventLog,
  type HttpVersion,
  type ServerConfig,
} from '../../core/index.js'
import type { Pipeline } from '../../core/pipeline/pipeline.js'
import { shareHeaders } from '../../core/pipeline/share-headers.js'
import { ClientConnection } from './client-connection.js'
import { nameOf, type Endpoint } from './endpoint.js'
import { FrontDoor } from './front-door.js'
import { announcesBody } from './lean-messages.js'
import { asOrdinary, mayUpgrade } from './upgrade-request.js'
import { FieldWriter } from './field-writer.js'
import type { Door } from './door.js'
import { openDoor } from './open-door.js'
import {
  ListeningSocket,
  type ListenedConnection,
  type ServedConnection,
  type SharedListening,
} from './listening-socket.js'
import { Gate } from './limits/gate.js'
import { ListenerLimits } from './limits/listener-limits.js'
import { Refusals } from './refusals.js'
import { canFinish, clientKeepsAlive } from './node-response.js'
import { createNodeServer, LEAN, limitHeads } from './node-server.js'
import type { IdentityTable } from './tls/identity-table.js'
import { errorCodeOf, isClientGone, requestLineOf } from './parse-errors.js'

export interface ListenerOptions {
  readonly config: ServerConfig
  readonly pipeline: Pipeline
  readonly clock: Clock
  /** Sees each new connection before its first byte is read. */
  readonly attach?: ((socket: Socket, encrypted: boolean) => void) | undefined
  /** Told of each socket that listens: others may accept on it too. */
  readonly share?: ((server: NetServer, endpoint: Endpoint) => SharedListening | null) | undefined
  /** Answers repeated hits before node's parser; off, everything is the same but slower. */
  readonly frontDoor: boolean
  readonly events: EventLog
}

const CONNECTION = Symbol('connection')

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
  /** Whether connections that come now may use it. */
  private frontDoorOpen: boolean
  private readonly limits: ListenerLimits
  private readonly gate: Gate
  private readonly refusals: Refusals

  constructor(options: ListenerOptions) {
    this.options = options
    this.webLimits = options.config.webLimits
    const { pipeline, clock } = options
    this.frontDoor = options.frontDoor && pipeline.canTryCached ? new FrontDoor(pipeline, clock) : null
    this.frontDoorOpen = options.config.caching.frontDoor
    this.limits = new ListenerLimits(options.config, clock, (connection, code, request) => {
      this.refusals.cut(connection, code, request)
    })
    this.refusals = new Refusals(pipeline, clock, (socket) => this.clientOf(socket))
    this.gate = new Gate({
      ...options,
      count: () => this.connectionCount,
      refuse: this.refusals.turnAway,
    })
    pipeline.door.admit = this.limits.admit
    options.pipeline.onDone = (ctx) => {
      this.limits.done(ctx)
      const connection = ctx.connection as ServedConnection
      connection.done(ctx)
      if (!this.closing) return
      connection.endSoon()
      this.onlyTunnels()
    }
  }

  /**
   * Opens a listening socket; resolves when it accepts.
   *
   * @param table - the certificates of an https port; null for one of http
   * @throws the system's error (EADDRINUSE, EACCES, EADDRNOTAVAIL) when it cannot be had.
   */
  async open(
    endpoint: Endpoint,
    table: IdentityTable | null = null,
    inherited?: object,
  ): Promise<ListeningSocket> {
    const http = this.createServer()
    const door = table || endpoint.http2 ? this.doorOf(http, table, endpoint, () => socket) : null
    const socket: ListeningSocket = new ListeningSocket(http, door, () => this.sockets.delete(socket))
    http.on('connection', (client: ListenedSocket) => {
      this.connected(client, socket.connections, nameOf(endpoint, socket.port))
    })
    socket.proxyProtocol = endpoint.proxyProtocol ?? false
    this.gate.guard(socket.server, () => socket.proxyProtocol)
    await socket.listen(endpoint, inherited)
    // What TLS, HTTP/2 and Unix sockets need is here alone.
    if (!door && nameOf(endpoint, socket.port) === null)
      socket.shared = this.options.share?.(socket.server, endpoint) ?? null
    this.sockets.add(socket)
    return socket
  }

  /** The server whose sockets it has taken over listens no more: their names are its own. */
  takeNames(): void {
    for (const socket of this.sockets) socket.keepsName = false
  }

  /** Limits of the whole server that connections from now on are held to. */
  configure(config: ServerConfig): void {
    const { webLimits } = config
    this.webLimits = webLimits
    this.frontDoorOpen = config.caching.frontDoor
    this.frontDoor?.forget()
    this.gate.configure(config)
    this.limits.configure(config, this.connections())
    for (const { http } of this.sockets) limitHeads(http, webLimits)
  }

  /** The requests that are on their way now. */
  *requests(): Generator<RequestContext> {
    for (const { connections } of this.sockets)
      for (const connection of connections) yield* connection.requests()
  }

  private *connections(): Generator<ListenedConnection> {
    for (const { connections } of this.sockets) yield* connections
  }

  get connectionCount(): number {
    return [...this.sockets].reduce((sum, { connections }) => sum + connections.size, 0)
  }

  /**
   * Another server has taken its place: accepts no more; each connection gets one more answer, which says that it is the
   * last. Resolves when nobody but those whose connections applications have taken over is left, or after `grace` milliseconds.
   */
  async drain(grace: number): Promise<void> {
    for (const socket of this.sockets) {
      socket.keepsName = true
      if (socket.server.listening) socket.stopListening()
      for (const connection of socket.connections) connection.drain()
    }
    await Promise.race([
      this.requestsDone(),
      new Promise((resolve) => {
        setTimeout(resolve, grace).unref()
      }),
    ])
  }

  /** Accepts no more, lets requests under way finish, closes idle connections; resolves when no connection is left. */
  async close(): Promise<void> {
    this.closing = true
    this.gate.close()
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
      for (const connection of [...connections]) if (!but || !connection.tunnel) connection.destroy()
  }

  private readonly onlyTunnels = (): void => {
    if (!this.tellDone) return
    for (const { connections } of this.sockets) for (const { tunnel } of connections) if (!tunnel) return
    this.tellDone()
    this.tellDone = null
  }

  private createServer(): Server {
    const server = createNodeServer(this.webLimits)
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
      if (connection) this.refusals.refuse(connection, request.method ?? '-', request.url ?? '', 'BAD_VERB')
    })
    server.on('upgrade', (request: IncomingMessage, socket: ListenedSocket, head: Buffer) => {
      this.upgrade(server, request, socket, head)
    })
    server.on('timeout', (socket: ListenedSocket) => {
      const connection = socket[CONNECTION]
      if (connection) this.limits.silent(connection)
      else socket.destroy()
    })
    server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
      this.clientError(error, socket as ListenedSocket)
    })
    return server
  }

  private doorOf(
    http: Server,
    table: IdentityTable | null,
    to: Endpoint,
    socket: () => ListeningSocket,
  ): Door {
    const { pipeline, clock } = this.options
    const { limits } = this
    return openDoor({
      ...{ http, table, pipeline, clock, limits },
      webLimits: () => this.webLimits,
      nextId: () => ++this.lastConnectionId,
      port: () => ({ connections: socket().connections, named: nameOf(to, socket().port) }),
      closed: this.onlyTunnels,
    })
  }

  private connected(
    socket: ListenedSocket,
    connections: Set<ListenedConnection>,
    named: string | null,
  ): void {
    // Given back to the parser: it is known.
    if (socket[CONNECTION]) return
    const connection = this.clientOf(socket, named)
    socket[CONNECTION] = connection
    this.options.attach?.(socket, connection.encrypted)
    this.limits.connected(connection)
    connections.add(connection)
    socket.once('close', () => {
      connections.delete(connection)
      connection.gone()
      this.limits.left(connection)
      this.onlyTunnels()
    })
  }

  private clientOf(socket: Socket, named: string | null = null): ClientConnection {
    const { limits, options } = this
    const frontDoor = this.frontDoorOpen ? this.frontDoor : null
    return new ClientConnection(++this.lastConnectionId, socket, options.pipeline, frontDoor, named, limits)
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
    // Node's parser takes `HTTP/2.0` for a version of HTTP/1.
    connection.accept(ctx, response, incoming.httpVersion === '2.0' ? 'BAD_VERSION' : error)
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
      this.limits.silent(connection)
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
    const code = errorCodeOf(error)
    if (code === 'HEADERS_TOO_SLOW') {
      // Where there is no head yet, it is the idle connection's time that counts.
      if (socket.bytesRead > 0) this.refusals.cut(connection, code)
      return
    }
    if (connection.interrupt(code)) return
    const { method, target } = requestLineOf(error.rawPacket)
    this.refusals.refuse(connection, method, target, code)
  }
}
