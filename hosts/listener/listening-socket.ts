/** One listening socket with the connections that came in by it; it may stop to listen and they go on. */
import type { Server } from 'node:http'
import { Server as NetServer, type AddressInfo } from 'node:net'
import type { ClientConnection } from './client-connection.js'
import type { Endpoint } from './listener.js'

/** What else accepts on a listening socket, and stops when it does. */
export interface SharedListening {
  stop(): void
  /** Idle connections are closed too. */
  close(): void
}

export class ListeningSocket {
  readonly server: Server
  /** Where others accept on it too. */
  shared: SharedListening | null = null
  /** The one that it really has. */
  port = 0
  readonly connections = new Set<ClientConnection>()

  /** @param onClosed - it does not listen any more, and its last connection has ended */
  constructor(server: Server, onClosed: () => void) {
    this.server = server
    server.once('close', () => {
      // Once more in node's own way: that ends its timer.
      server.close()
      onClosed()
    })
  }

  /**
   * Rejects with the system's error when it cannot be had.
   *
   * @param open - one that listens already, in whose place it does from now on
   */
  async listen({ address, port }: Endpoint, open?: NetServer): Promise<void> {
    const { server } = this
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(open ?? (address === '*' ? { port } : { port, host: address }), () => {
        server.off('error', reject)
        this.port = (server.address() as AddressInfo).port
        resolve()
      })
    })
  }

  /** Accepts no more, from this moment on. Connections are not touched: an http server's own `close` would end idle ones. */
  stopListening(): void {
    this.shared?.stop()
    NetServer.prototype.close.call(this.server)
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
