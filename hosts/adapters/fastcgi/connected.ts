/** A FastCGI application that somebody else runs, such as php-fpm: connections to its address. */
import type { NetConnectOpts } from 'node:net'
import { connectTo, parseAddress } from './address.js'
import { Connection } from './connection.js'
import type { Lease, Servers } from './servers.js'

export interface ConnectedOptions {
  readonly address: string
  readonly keepConnections: number
  /** Milliseconds. */
  readonly idleTimeout: number
}

export class ConnectedServers implements Servers {
  private readonly options: ConnectedOptions
  private readonly to: NetConnectOpts
  /** The one that was used last comes last. */
  private readonly idle = new Map<Connection, NodeJS.Timeout>()

  /** @throws Error when the address is none. */
  constructor(options: ConnectedOptions) {
    this.options = options
    this.to = parseAddress(options.address)
  }

  async lease(signal: AbortSignal, mayReuse: boolean): Promise<Lease> {
    const connection =
      (mayReuse ? this.takeIdle() : undefined) ??
      new Connection(await connectTo(this.to, this.options.address, signal))
    return {
      connection,
      release: async (outcome) => {
        if (outcome === 'complete') this.keep(connection)
        return Promise.resolve(true)
      },
    }
  }

  async close(): Promise<void> {
    for (const connection of [...this.idle.keys()]) this.drop(connection)
    return Promise.resolve()
  }

  private takeIdle(): Connection | undefined {
    const connection = [...this.idle.keys()].at(-1)
    if (!connection) return undefined
    clearTimeout(this.idle.get(connection))
    this.idle.delete(connection)
    connection.wake()
    return connection.closed ? this.takeIdle() : connection
  }

  private keep(connection: Connection): void {
    const { keepConnections, idleTimeout } = this.options
    if (this.idle.size >= keepConnections || connection.closed) {
      connection.destroy()
      return
    }
    const drop = (): void => {
      this.drop(connection)
    }
    connection.onIdleClose = drop
    connection.rest()
    this.idle.set(connection, setTimeout(drop, idleTimeout).unref())
  }

  private drop(connection: Connection): void {
    clearTimeout(this.idle.get(connection))
    this.idle.delete(connection)
    connection.destroy()
  }
}
