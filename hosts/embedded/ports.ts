/** The sockets of a listener without sites: prefixes of one port share one, which is closed with the last of them. */
import type { Clock, EventLog, ServerConfig } from '../../core/index.js'
import type { Listener } from '../listener/listener.js'
import type { ListeningSocket } from '../listener/listening-socket.js'
import { CertificateStore } from '../listener/tls/certificate-store.js'
import { secureBindingsOf } from '../listener/tls/certificates.js'
import type { UrlPrefix } from './url-prefix.js'

interface Held {
  readonly socket: ListeningSocket
  readonly secure: boolean
  users: number
}

/** All https ports have the same certificates. */
const KEY = 'https'

export interface PortsOptions {
  readonly config: ServerConfig
  readonly address: string
  readonly events: EventLog
  readonly clock: Clock
}

export class Ports {
  private readonly listener: Listener
  private readonly address: string
  private readonly certificates: CertificateStore
  private readonly held = new Map<number, Held>()

  /** @throws ConfigurationError with what is wrong with the certificates. */
  static async create(listener: Listener, options: PortsOptions): Promise<Ports> {
    const { config } = options
    const ports = new Ports(listener, options)
    const port = { key: KEY, secure: secureBindingsOf(config) }
    await ports.certificates.load(config.file, [port])
    ports.certificates.use([port])
    return ports
  }

  private constructor(listener: Listener, { address, events, clock }: PortsOptions) {
    this.listener = listener
    this.address = address
    this.certificates = new CertificateStore({ events, clock })
    this.certificates.onChange = () => {
      const table = this.certificates.lastOf(KEY)
      if (table) for (const { socket } of this.held.values()) if (socket.door) socket.door.table = table
    }
  }

  /**
   * Resolves with the real port, when it accepts.
   *
   * @throws TypeError for https without certificates, Error where the port speaks the other of the two, the system's error where
   * it cannot be had.
   */
  async open({ port, secure }: UrlPrefix): Promise<number> {
    const known = this.held.get(port)
    if (known) {
      if (known.secure !== secure)
        throw new Error(`port ${port} speaks ${secure ? 'http' : 'https'} already; choose another one`)
      known.users++
      return port
    }
    const table = secure ? this.certificates.lastOf(KEY) : null
    if (secure && !table)
      throw new TypeError('https needs certificates: createListener({ https: { certificates: [...] } })')
    const socket = await this.listener.open({ address: this.address, port }, table)
    this.held.set(socket.port, { socket, secure, users: 1 })
    return socket.port
  }

  leave(port: number): void {
    const known = this.held.get(port)
    if (!known || --known.users > 0) return
    this.held.delete(port)
    void known.socket.close()
  }

  /** Certificates are watched no more; the sockets are the listener's to close. */
  close(): void {
    this.certificates.close()
  }
}
