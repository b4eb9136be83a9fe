/** Which sockets the bindings of all sites need: bindings of one address and port share one. */
import { createServer } from 'node:net'
import { isNamedSocket } from '../../core/config/binding-information.js'
import type { BindingConfig, ServerConfig, SiteConfig } from '../../core/index.js'
import { isListenedTo, isStale, socketPath } from './listen-at.js'
import type { Endpoint } from './endpoint.js'
import type { SecureBinding } from './tls/certificates.js'

/** A socket to open, and the bindings that it serves. */
export interface PlannedEndpoint extends Endpoint {
  /** The same in each configuration that needs this socket. */
  readonly key: string
  readonly bindings: readonly BindingConfig[]
  /** Those of one socket agree: the check of the configuration sees to it. */
  readonly proxyProtocol: boolean
  /** Those of https, with their sites; of a port all or none. */
  readonly secure: readonly SecureBinding[]
}

interface Planned extends PlannedEndpoint {
  readonly bindings: BindingConfig[]
  readonly secure: SecureBinding[]
}

/**
 * A binding of all addresses takes those of single addresses on the same port with it, since the two cannot be open at
 * one time. Port 0 means a free port for each binding.
 */
export const planEndpoints = (config: ServerConfig): PlannedEndpoint[] => {
  const planned = new Map<string, Planned>()
  const started = config.sites.filter((site) => site.serverAutoStart)
  const bindings = started.flatMap((site) => site.bindings)
  const wildcardPorts = new Set(bindings.filter(({ address }) => address === '*').map(({ port }) => port))
  const add = (key: string, address: string, binding: BindingConfig, site: SiteConfig): void => {
    const { port, http2, socketMode, protocol, proxyProtocol } = binding
    const kind = protocol === 'https' ? 'https ' : http2 ? 'h2c ' : ''
    let shared = planned.get(kind + key)
    if (!shared) {
      shared = { key: kind + key, address, port, http2, socketMode, proxyProtocol, bindings: [], secure: [] }
      planned.set(shared.key, shared)
    }
    shared.bindings.push(binding)
    if (protocol === 'https') shared.secure.push({ binding, site })
  }
  for (const site of started) {
    site.bindings.forEach((binding, at) => {
      const { port } = binding
      const address = wildcardPorts.has(port) && port !== 0 ? '*' : binding.address
      if (isNamedSocket(address)) add(address, address, binding, site)
      else if (port !== 0) add(`${address}:${port}`, address, binding, site)
      else
        add(
          `${site.name}|${binding.bindingInformation}|${nthAlike(site.bindings, at)}`,
          address,
          binding,
          site,
        )
    })
  }
  return [...planned.values()]
}

/** How many bindings before this one say the same. */
const nthAlike = (bindings: readonly BindingConfig[], at: number): number =>
  bindings.slice(0, at).filter((one) => one.bindingInformation === bindings[at]?.bindingInformation).length

/** What is wrong with a socket that could not be opened, and what would help. */
export const explainListenError = (endpoint: Endpoint, error: NodeJS.ErrnoException): string => {
  const path = socketPath(endpoint.address)
  if (path !== undefined) return explainPathError(path, error)
  if (endpoint.address.startsWith('systemd:')) return explainHandedOver(endpoint.address, error)
  const where = `port ${endpoint.port} on ${endpoint.address === '*' ? 'all addresses' : endpoint.address}`
  switch (error.code) {
    case 'EADDRINUSE':
      return `${where} is in use by another program; stop that program or choose another port`
    case 'EACCES':
      return `${where} is not permitted to this user; use a port from 1024 up, or give node the right to bind low ports`
    case 'EADDRNOTAVAIL':
      return `${endpoint.address} is no address of this machine; use one that it has, or * for all`
    default:
      return `${where} cannot be opened: ${error.message}`
  }
}

const explainPathError = (path: string, { code, message }: NodeJS.ErrnoException): string => {
  switch (code) {
    case 'EADDRINUSE':
      return `${path} is in use by another program, or is no socket; stop that program or choose another path`
    case 'EACCES':
      return `${path} may not be made by this user; choose a folder that it may write to`
    case 'ENOENT':
      return `${path} lies in a folder that does not exist`
    default:
      return `${path} cannot be opened: ${message}`
  }
}

const explainHandedOver = (address: string, { code, message }: NodeJS.ErrnoException): string => {
  const name = address.slice('systemd:'.length)
  return code === 'ENOTHANDED'
    ? `there is no socket "${name}": ${message}; name it with FileDescriptorName= in its .socket unit`
    : `the socket "${name}" of systemd cannot be used: ${message}`
}

/** Opens a socket for a moment; answers the system's error if it cannot be had. */
export const probe = async ({ address, port }: Endpoint): Promise<NodeJS.ErrnoException | null> => {
  const path = socketPath(address)
  if (path !== undefined) {
    if (await isListenedTo(path)) return Object.assign(new Error('in use'), { code: 'EADDRINUSE' })
    // It takes the place of this one, as a start would.
    if (await isStale(path)) return null
  }
  // Only systemd can hand it over, and only to the server itself.
  if (address.startsWith('systemd:')) return null
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(
      path !== undefined ? { path } : address === '*' ? { port } : { port, host: address },
      () => {
        server.close(() => {
          resolve(null)
        })
      },
    )
  })
}
