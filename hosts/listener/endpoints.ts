/** Which sockets the bindings of all sites need: bindings of one address and port share one. */
import { createServer } from 'node:net'
import type { BindingConfig, ServerConfig } from '../../core/index.js'
import type { Endpoint } from './listener.js'

/** A socket to open, and the bindings that it serves. */
export interface PlannedEndpoint extends Endpoint {
  readonly bindings: readonly BindingConfig[]
}

/**
 * A binding of all addresses takes those of single addresses on the same port with it, since the two cannot be open at
 * one time. Port 0 means a free port for each binding.
 */
export const planEndpoints = (config: ServerConfig): PlannedEndpoint[] => {
  const planned: { address: string; port: number; bindings: BindingConfig[] }[] = []
  const bindings = config.sites.filter((site) => site.serverAutoStart).flatMap((site) => site.bindings)
  const wildcardPorts = new Set(bindings.filter(({ address }) => address === '*').map(({ port }) => port))
  for (const binding of bindings) {
    const address = wildcardPorts.has(binding.port) ? '*' : binding.address
    const shared = planned.find(
      (one) => one.port === binding.port && one.address === address && one.port !== 0,
    )
    if (shared) shared.bindings.push(binding)
    else
      planned.push({
        address: binding.port === 0 ? binding.address : address,
        port: binding.port,
        bindings: [binding],
      })
  }
  return planned
}

/** What is wrong with a socket that could not be opened, and what would help. */
export const explainListenError = (endpoint: Endpoint, error: NodeJS.ErrnoException): string => {
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

/** Opens a socket for a moment; answers the system's error if it cannot be had. */
export const probe = ({ address, port }: Endpoint): Promise<NodeJS.ErrnoException | null> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(address === '*' ? { port } : { port, host: address }, () => {
      server.close(() => {
        resolve(null)
      })
    })
  })
