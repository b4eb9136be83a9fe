/** Which sockets the bindings of all sites need: bindings of one address and port share one. */
import { createServer } from 'node:net'
import type { BindingConfig, ServerConfig } from '../../core/index.js'
import type { Endpoint } from './listener.js'

/** A socket to open, and the bindings that it serves. */
export interface PlannedEndpoint extends Endpoint {
  /** The same in each configuration that needs this socket. */
  readonly key: string
  readonly bindings: readonly BindingConfig[]
  /** Those of one socket agree: the check of the configuration sees to it. */
  readonly proxyProtocol: boolean
}

/**
 * A binding of all addresses takes those of single addresses on the same port with it, since the two cannot be open at
 * one time. Port 0 means a free port for each binding.
 */
export const planEndpoints = (config: ServerConfig): PlannedEndpoint[] => {
  const planned = new Map<string, PlannedEndpoint & { readonly bindings: BindingConfig[] }>()
  const started = config.sites.filter((site) => site.serverAutoStart)
  const bindings = started.flatMap((site) => site.bindings)
  const wildcardPorts = new Set(bindings.filter(({ address }) => address === '*').map(({ port }) => port))
  const add = (key: string, address: string, binding: BindingConfig): void => {
    const shared = planned.get(key)
    if (shared) shared.bindings.push(binding)
    else {
      const { port, proxyProtocol } = binding
      planned.set(key, { key, address, port, bindings: [binding], proxyProtocol })
    }
  }
  for (const site of started) {
    site.bindings.forEach((binding, at) => {
      const { port } = binding
      const address = wildcardPorts.has(port) && port !== 0 ? '*' : binding.address
      if (port !== 0) add(`${address}:${port}`, address, binding)
      else add(`${site.name}|${binding.bindingInformation}|${nthAlike(site.bindings, at)}`, address, binding)
    })
  }
  return [...planned.values()]
}

/** How many bindings before this one say the same. */
const nthAlike = (bindings: readonly BindingConfig[], at: number): number =>
  bindings.slice(0, at).filter((one) => one.bindingInformation === bindings[at]?.bindingInformation).length

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
