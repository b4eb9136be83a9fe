/** One listening socket with the connections that came in by it; it may stop to listen and they go on. */
import { rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import type { Connection, RequestContext } from '../../core/index.js'
import type { Door } from './door.js'
import type { LimitedConnection } from './limits/limited-connection.js'
import { listenAt, socketPath } from './listen-at.js'
import type { Endpoint } from './endpoint.js'

/** A client's connection, whatever it speaks. */
export interface ListenedConnection extends LimitedConnection {
  /** Those that are on their way. */
  requests(): Iterable<RequestContext>
  /** No further request after those under way; at once where there is none. */
  endSoon(): void
  /** One more answer, which says so. */
  drain(): void
  destroy(): void
}

/** What is told that the log of a request has run. */
export interface ServedConnection extends Connection {
  done(ctx: RequestContext): void
  endSoon(): void
}

/** What else accepts on a listening socket, and stops when it does. */
export interface SharedListening {
  stop(): void
  /** Idle connections are closed too. */
  close(): void
  /** Whether connections from now on begin with a header of the PROXY protocol. */
  expectProxyHeader(on: boolean): void
}

export class ListeningSocket {
  /** Reads HTTP/1; it listens itself where there is no door. */
  readonly http: Server
  readonly door: Door | null
  /** Where others accept on it too. */
  shared: SharedListening | null = null
  /** The one that it really has. */
  port = 0
  /** The name of a Unix socket stays when it is closed: another server listens to it, or still does. */
  keepsName = false
  private path: string | undefined
  readonly connections = new Set<ListenedConnection>()
  /** That which accepts. */
  readonly server: NetServer
  private expectsHeader = false

  /** @param onClosed - it does not listen any more, and its last connection has ended */
  constructor(http: Server, door: Door | null, onClosed: () => void) {
    this.http = http
    this.door = door
    this.server = door?.server ?? http
    // Its timers begin when it listens, which behind a door it never does.
    if (door) http.emit('listening')
    this.server.once('close', () => {
      // Once more in node's own way: that ends its timer.
      http.close()
      onClosed()
    })
  }

  /** Connections from now on begin with a header of the PROXY protocol. */
  get proxyProtocol(): boolean {
    return this.expectsHeader
  }

  set proxyProtocol(on: boolean) {
    if (on !== this.expectsHeader) this.shared?.expectProxyHeader(on)
    this.expectsHeader = on
  }

  /** Rejects with the system's error when it cannot be had. `inherited`: the handle of a socket that listens already. */
  async listen(endpoint: Endpoint, inherited?: object): Promise<void> {
    try {
      this.port = await listenAt(this.server, endpoint, inherited)
      this.path = socketPath(endpoint.address)
      this.keepsName = inherited !== undefined
    } catch (error) {
      this.http.close()
      throw error
    }
  }

  /** Accepts no more, from this moment on. Connections are not touched: an http server's own `close` would end idle ones. */
  stopListening(): void {
    this.shared?.stop()
    NetServer.prototype.close.call(this.server)
    if (this.path !== undefined && !this.keepsName) rmSync(this.path, { force: true })
    this.door?.clear()
  }

  /** Accepts no more, closes idle connections, lets requests under way finish; resolves when no connection is left. */
  async close(): Promise<void> {
    const { server } = this
    this.shared?.close()
    if (!server.listening && this.connections.size === 0) return
    const closed = new Promise<void>((resolve) => {
      server.once('close', () => {
        resolve()
      })
    })
    if (server.listening) this.stopListening()
    for (const connection of [...this.connections]) connection.endSoon()
    await closed
  }
}
