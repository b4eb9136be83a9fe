/** What the control service may know and do of the running server, gathered from the rooms that have it. */
import type { ModuleResource } from '../core/control/resources.js'
import type { Clock, EventLog, ServerConfig } from '../core/index.js'
import type { LoadedModule } from '../core/registry/loaded.js'
import type { ReadyStage } from '../core/registry/slots.js'
import type { ActivationService } from '../core/was/service.js'
import type { LiveConfiguration, Steered } from './admin/steered.js'
import type { ListenerProcesses } from './listener-process/listener-processes.js'
import type { Listener } from './listener/listener.js'
import type { OpenEndpoints } from './listener/open-endpoints.js'

export interface Rooms {
  readonly service: ActivationService
  readonly endpoints: OpenEndpoints
  readonly listener: Listener
  /** Those that accept beside it, if any. */
  readonly processes: ListenerProcesses | null
  readonly clock: Clock
  readonly events: EventLog
  readonly modules: readonly LoadedModule[]
  /** The stages of each slot. */
  readonly stages: Readonly<Record<string, readonly ReadyStage[]>>
  readonly live: LiveConfiguration
}

export const steered = (rooms: Rooms): Steered => {
  const { service, endpoints, listener, processes, clock, events, live } = rooms
  return {
    clock,
    events,
    live,
    startedAt: clock.now(),
    config: () => service.config,
    pools: () => service.pools.values(),
    portOf: endpoints.portOf,
    isSiteStarted: (name) => service.isSiteStarted(name),
    startSite: async (name) => {
      // One that was not started with the server has no sockets yet.
      const change = await endpoints.change(listening(service.config, service, name))
      change.commit()
      const site = service.config.sites.find((one) => one.name === name)
      if (site) service.startSite(site, endpoints.portOf)
    },
    stopSite: (name) => {
      service.stopSite(name)
    },
    requests: function* () {
      yield* listener.requests()
      if (processes) yield* processes.requests()
    },
    connectionCount: () => listener.connectionCount + (processes?.connectionCount ?? 0),
    modules: () => modulesOf(rooms),
    flush: () => {
      processes?.flush()
      return Object.values(rooms.stages)
        .flat()
        .flatMap(({ name, stage }) => {
          if (!stage.flush) return []
          stage.flush()
          return [name]
        })
    },
  }
}

/** The configuration as it is for the sockets: a site that was started by hand, or is to be, listens like any other. */
export const listening = (
  config: ServerConfig,
  service: ActivationService,
  starting?: string,
): ServerConfig => ({
  ...config,
  sites: config.sites.map((site) =>
    site.name === starting || service.isSiteStarted(site.name) ? { ...site, serverAutoStart: true } : site,
  ),
})

const modulesOf = ({ stages, modules }: Rooms): ModuleResource[] => {
  const fileOf = (name: string): string => modules.find((one) => one.name === name)?.file ?? 'standard'
  const kindOf = (name: string) => modules.find((one) => one.name === name)?.module.kind ?? 'stage'
  const inUse = Object.entries(stages).flatMap(([slot, ready]) =>
    ready.map(({ name }) => ({ name, kind: kindOf(name), slot, source: fileOf(name) })),
  )
  const idle = modules
    .filter(({ name }) => !inUse.some((one) => one.name === name))
    .map(({ name, module, file }) => ({ name, kind: module.kind, source: file ?? 'standard' }))
  return [...inUse, ...idle]
}
