/**
 * The URL registrations: which site and application answer on which address, port, host and path. WAS writes them
 * while the server runs, the route stage reads them.
 */
import type { Application, Site } from './application.js'
import { HostTable } from './host-table.js'
import type { Match } from './path-table.js'

export type { Match } from './path-table.js'

/** Where a site listens, as IIS's `bindingInformation` says it. */
export interface Registration {
  /** `*` for all addresses of the machine, else an IP address. */
  readonly address: string
  readonly port: number
  /** `` for any host, `www.example.com`, or `*.example.com` for all names below. */
  readonly host: string
}

/** Two registrations of the same place; the words of http.sys are ERROR_ALREADY_EXISTS. */
export class NamespaceConflictError extends Error {
  readonly registration: Registration
  readonly path: string
  /** Who holds the place. */
  readonly holder: Site

  constructor(registration: Registration, path: string, holder: Site) {
    const { address, port, host } = registration
    super(
      `${address}:${port}:${host} with path ${path} belongs to site "${holder.name}" already; ` +
        'give one of the two another address, port, host or path',
    )
    this.name = 'NamespaceConflictError'
    this.registration = registration
    this.path = path
    this.holder = holder
  }
}

const NO_HOST: Match = Object.freeze({ site: null, application: null })

/**
 * A look-up costs a few hash look-ups, however many sites and applications are registered.
 *
 * Changes take effect with the next look-up, and all changes made within one turn of the event loop at once.
 */
export class Namespace {
  private readonly byPort = new Map<number, HostTable>()

  /**
   * Registers one application of a site under one of the site's bindings.
   *
   * @throws NamespaceConflictError when another site has the binding, or another application the path; nothing is
   * changed then.
   */
  register(registration: Registration, site: Site, path: string, application: Application): void {
    const { address, port, host } = registration
    let hosts = this.byPort.get(port)
    if (!hosts) this.byPort.set(port, (hosts = new HostTable()))
    const table = hosts.claim(address, host, site)
    if (table.site !== site || !table.add(path, application)) {
      throw new NamespaceConflictError(registration, path, table.site)
    }
  }

  /** Takes a registration back; answers false if there was none. */
  unregister(registration: Registration, path: string): boolean {
    const { address, port, host } = registration
    const hosts = this.byPort.get(port)
    if (!hosts?.remove(address, host, path)) return false
    if (hosts.isEmpty) this.byPort.delete(port)
    return true
  }

  /**
   * Finds who answers a request.
   *
   * @param localAddress - the address that the connection came to.
   * @param host - lower case, without port; '' where the request names none.
   * @param path - normal: begins with `/`, without dot segments, no slash behind another; or `*`.
   */
  find(localAddress: string, localPort: number, host: string, path: string): Match {
    const table = this.byPort.get(localPort)?.find(localAddress, host)
    return table ? table.find(path) : NO_HOST
  }
}
