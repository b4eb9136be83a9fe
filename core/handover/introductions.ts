/** What a worker has been told of once, so that its requests need only name it: connections and applications. */
import type { Connection } from '../contract/connection.js'
import { ToWorker, type ApplicationSettings, type Batch } from '../contract/messages.js'
import type { Receiver } from '../contract/receiver.js'
import type { Application } from '../namespace/application.js'

export class Introductions {
  readonly applications = new Map<number, Application>()
  private readonly connections = new Set<Connection>()
  private readonly receiver: Receiver
  private readonly settingsOf: (application: Application) => ApplicationSettings

  constructor(receiver: Receiver, settingsOf: (application: Application) => ApplicationSettings) {
    this.receiver = receiver
    this.settingsOf = settingsOf
  }

  /** Adds to `batch` what the worker must hear before a request of this connection to this application. */
  introduce(connection: Connection, application: Application, batch: Batch): void {
    if (!this.connections.has(connection)) this.connect(connection, batch)
    if (this.applications.has(application.id)) return
    this.applications.set(application.id, application)
    batch.push(ToWorker.APPLICATION, this.settingsOf(application))
  }

  /** The connection has closed. Answers whether the worker must hear of it. */
  forget(connection: Connection): boolean {
    return this.connections.delete(connection)
  }

  /** There is no worker any more that could know anybody. */
  forgetAll(): void {
    for (const connection of this.connections) connection.knownTo.delete(this.receiver)
    this.connections.clear()
  }

  private connect(connection: Connection, batch: Batch): void {
    this.connections.add(connection)
    connection.knownTo.add(this.receiver)
    batch.push(
      ToWorker.CONNECT,
      connection.id,
      connection.remoteAddress,
      connection.remotePort,
      connection.localAddress,
      connection.localPort,
      connection.tls ?? (connection.encrypted ? 1 : 0),
    )
  }
}
