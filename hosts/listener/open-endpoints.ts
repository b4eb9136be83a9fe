/** The sockets that are open for the bindings of all sites, and how they become those of another configuration. */
import { isNamedSocket } from '../../core/config/binding-information.js'
import {
  ConfigurationError,
  type BindingConfig,
  type ConfigurationProblem,
  type ServerConfig,
} from '../../core/index.js'
import { explainListenError, planEndpoints, type PlannedEndpoint } from './endpoints.js'
import type { Listener } from './listener.js'
import type { ListeningSocket } from './listening-socket.js'
import type { CertificateStore } from './tls/certificate-store.js'
import type { IdentityTable } from './tls/identity-table.js'

/** A binding that is open, with the port that it really has. */
export interface OpenBinding {
  readonly binding: BindingConfig
  readonly port: number
}

/** New sockets that are open already, and old ones that are open still. */
export interface EndpointChange {
  portOf(binding: BindingConfig): number
  /** Closes the sockets that are needed no more: requests under way on them are finished. */
  commit(): void
}

interface Held {
  readonly endpoint: PlannedEndpoint
  readonly socket: ListeningSocket
  /** Sockets of the same port whose place it took, and whose connections go on. */
  readonly former: readonly ListeningSocket[]
}

export class OpenEndpoints {
  private readonly listener: Listener
  private readonly certificates: CertificateStore
  /** Sockets that listen already, by their endpoints' keys. */
  private readonly inherited: Map<string, object>
  private held = new Map<string, Held>()
  private ports = new Map<BindingConfig, number>()

  constructor(
    listener: Listener,
    certificates: CertificateStore,
    inherited: ReadonlyMap<string, object> = new Map(),
  ) {
    this.inherited = new Map(inherited)
    this.listener = listener
    this.certificates = certificates
    certificates.onChange = (tables) => {
      this.exchange(tables)
    }
  }

  /** The listening sockets as another process can be given them, by their keys. */
  handles(): Map<string, object> {
    const handles = new Map<string, object>()
    for (const [key, { socket }] of this.held) {
      // Not in the types; `send` of a child process takes it, as node's own cluster does.
      const { _handle } = socket.server as { _handle?: object | null }
      if (_handle) handles.set(key, _handle)
    }
    return handles
  }

  /** In the order of the configuration. */
  get bindings(): OpenBinding[] {
    return [...this.held.values()].flatMap(({ endpoint, socket }) =>
      endpoint.bindings.map((binding) => ({ binding, port: socket.port })),
    )
  }

  /** The real port of a binding; that which it asks for while it is not open. */
  readonly portOf = (binding: BindingConfig): number => this.ports.get(binding) ?? binding.port

  /**
   * Opens what a configuration needs and is not open yet. Where a socket of all addresses takes the place of one of a
   * single address, or the other way round, the two cannot be open at one time: for a moment between them nobody listens.
   *
   * @throws ConfigurationError with all ports that cannot be had; then everything is as it was.
   */
  async change(
    config: ServerConfig,
    which: (endpoint: PlannedEndpoint) => boolean = all,
  ): Promise<EndpointChange> {
    const planned = planEndpoints(config).filter((endpoint) => this.held.has(endpoint.key) || which(endpoint))
    const tables = await this.certificates.load(config.file, planned)
    const leaving = new Map(this.held)
    for (const { key } of planned) leaving.delete(key)
    const next = new Map<string, Held>()
    const opened: ListeningSocket[] = []
    const stopped: Held[] = []
    const problems: ConfigurationProblem[] = []
    for (const endpoint of planned) {
      const open = this.held.get(endpoint.key)
      if (open) {
        next.set(endpoint.key, { ...open, endpoint })
        continue
      }
      const inTheWay = [...leaving.values()].filter(
        (old) => excludes(old.endpoint, endpoint) && !stopped.includes(old),
      )
      for (const { socket } of inTheWay) socket.stopListening()
      stopped.push(...inTheWay)
      try {
        const table = tables.get(endpoint.key)
        const socket = await this.listener.open(endpoint, table, this.inherited.get(endpoint.key))
        this.inherited.delete(endpoint.key)
        opened.push(socket)
        next.set(endpoint.key, { endpoint, socket, former: inTheWay.flatMap(inUse) })
      } catch (error) {
        problems.push(...problemsOf(endpoint, error))
      }
    }
    if (problems.length > 0) {
      for (const socket of opened) void socket.close()
      for (const held of stopped) problems.push(...(await this.reopen(held)))
      throw new ConfigurationError(config.file, problems)
    }
    const ports = new Map<BindingConfig, number>()
    for (const { endpoint, socket } of next.values()) {
      for (const binding of endpoint.bindings) ports.set(binding, socket.port)
    }
    return {
      portOf: (binding) => ports.get(binding) ?? binding.port,
      commit: () => {
        this.held = next
        this.ports = ports
        this.exchange(tables)
        this.certificates.use(planned)
        for (const { endpoint, socket } of next.values()) socket.proxyProtocol = endpoint.proxyProtocol
        for (const old of leaving.values()) {
          if (!stopped.includes(old)) for (const socket of inUse(old)) void socket.close()
        }
      },
    }
  }

  /** New connections get the new certificates. */
  private exchange(tables: ReadonlyMap<string, IdentityTable>): void {
    for (const [key, { socket }] of this.held) {
      const table = tables.get(key)
      if (table && socket.door) socket.door.table = table
    }
  }

  private async reopen(held: Held): Promise<ConfigurationProblem[]> {
    const { endpoint } = held
    try {
      const socket = await this.listener.open(endpoint, this.certificates.lastOf(endpoint.key))
      this.held.set(endpoint.key, { endpoint, socket, former: inUse(held) })
      return []
    } catch (error) {
      return problemsOf(endpoint, error)
    }
  }
}

const all = (): boolean => true

/** All addresses and one of them, or http and https: whichever comes second cannot be had. */
const excludes = (one: PlannedEndpoint, other: PlannedEndpoint): boolean =>
  one.port === other.port &&
  (one.address === other.address
    ? one.port !== 0 || isNamedSocket(one.address)
    : one.port !== 0 && (one.address === '*' || other.address === '*'))

const inUse = ({ socket, former }: Held): ListeningSocket[] => [
  socket,
  ...former.filter(({ connections }) => connections.size > 0),
]

const problemsOf = (endpoint: PlannedEndpoint, error: unknown): ConfigurationProblem[] => {
  const message = explainListenError(endpoint, error as NodeJS.ErrnoException)
  return endpoint.bindings.map(({ pointer }) => ({ pointer, message }))
}
