/** What the control service may know and do of the running server, gathered from the rooms that have it. */
import type { ModuleResource } from '../core/control/resources.js'
import type { BindingConfig, Clock, EventLog, ServerConfig, SiteConfig } from '../core/index.js'
import type { LoadedModule } from '../core/registry/loaded.js'
import type { ReadyStage } from '../core/registry/slots.js'
import type { ActivationService } from '../core/was/service.js'
import type { Steered } from './admin/steered.js'
import { explainListenError, planEndpoints } from './listener/endpoints.js'
import type { Listener } from './listener/listener.js'

export interface Rooms {
  readonly config: ServerConfig
  readonly service: ActivationService
  readonly listener: Listener
  readonly clock: Clock
  readonly events: EventLog
  readonly modules: readonly LoadedModule[]
  /** The stages of each slot. */
  readonly stages: Readonly<Record<string, readonly ReadyStage[]>>
  /** The ports of the bindings that are open; what a site's start opens is added. */
  readonly ports: Map<BindingConfig, number>
}

export const steered = (rooms: Rooms): Steered => {
  const { config, service, listener, clock, events, ports } = rooms
  const siteOf = (name: string): SiteConfig => {
    const site = config.sites.find((one) => one.name === name)
    if (!site) throw new Error(`there is no site "${name}"`)
    return site
  }
  const portOf = (binding: BindingConfig): number => ports.get(binding) ?? binding.port
  return {
    clock,
    events,
    startedAt: clock.now(),
    config: () => config,
    pools: () => service.pools.values(),
    portOf,
    isSiteStarted: (name) => service.isSiteStarted(name),
    startSite: async (name) => {
      const site = siteOf(name)
      await openMissing(site, rooms)
      service.startSite(site, portOf)
    },
    stopSite: (name) => {
      service.stopSite(name)
    },
    requests: () => listener.requests(),
    connectionCount: () => listener.connectionCount,
    modules: () => modulesOf(rooms),
    flush: () =>
      Object.values(rooms.stages)
        .flat()
        .flatMap(({ name, stage }) => {
          if (!stage.flush) return []
          stage.flush()
          return [name]
        }),
  }
}

/** Opens the sockets of a site that was not started with the server; those that others share with it are open already. */
const openMissing = async (site: SiteConfig, { config, listener, ports }: Rooms): Promise<void> => {
  const isOpen = ({ address, port }: { address: string; port: number }): boolean =>
    [...ports].some(([open, has]) => has === port && (open.address === '*' || open.address === address))
  const planned = planEndpoints({ ...config, sites: [{ ...site, serverAutoStart: true }] })
  for (const endpoint of planned) {
    if (endpoint.bindings.every((binding) => ports.has(binding))) continue
    try {
      const port = isOpen(endpoint) ? endpoint.port : await listener.open(endpoint)
      for (const binding of endpoint.bindings) ports.set(binding, port)
    } catch (error) {
      throw new Error(explainListenError(endpoint, error as NodeJS.ErrnoException))
    }
  }
}

const modulesOf = ({ stages, modules }: Rooms): ModuleResource[] => {
  const fileOf = (name: string): string => modules.find((one) => one.name === name)?.file ?? 'standard'
  const inUse = Object.entries(stages).flatMap(([slot, ready]) =>
    ready.map(({ name }) => ({ name, kind: 'stage' as const, slot, source: fileOf(name) })),
  )
  const idle = modules
    .filter(({ name }) => !inUse.some((one) => one.name === name))
    .map(({ name, module, file }) => ({ name, kind: module.kind, source: file ?? 'standard' }))
  return [...inUse, ...idle]
}
