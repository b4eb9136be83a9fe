/** What the control service may know and do of the running server, gathered from the rooms that have it. */
import type { ModuleResource } from '../core/control/resources.js'
import type { Clock, EventLog, ServerConfig } from '../core/index.js'
import type { LoadedModule } from '../core/registry/loaded.js'
import type { ReadyStage } from '../core/registry/slots.js'
import type { ActivationService } from '../core/was/service.js'
import type { LiveConfiguration, Steered } from './admin/steered.js'
import type { Control } from './admin/control.js'
import type { Restarts } from './restart/restarts.js'
import type { ListenerProcesses } from './listener-process/listener-processes.js'
import type { Listener } from './listener/listener.js'
import type { OpenEndpoints } from './listener/open-endpoints.js'

/** How the server gives its place to another one. */
export interface Restart {
  obstacle(): string | null
  isReplaced(): boolean
  run(who: string): Promise<{ readonly pid: number }>
}

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
  readonly restart: Restart
}

export const steered = (rooms: Rooms): Steered => {
  const { service, endpoints, listener, processes, clock, events, live, restart } = rooms
  return {
    clock,
    events,
    live,
    restart: (who) => restart.run(who),
    cannotRestart: () => restart.obstacle(),
    startedAt: clock.now(),
    config: () => service.config,
    pools: () => service.pools.values(),
    regionsOf: (pool) => service.regionsOf(pool),
    application: (site, path) => service.sites.application(site, path),
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
    flush: async (what) => {
      // None of them may learn anew what the server has not forgotten yet.
      const forgotten = processes?.flush(what)
      const flushed = { stages: [] as string[], responses: 0 }
      for (const { name, stage } of Object.values(rooms.stages).flat()) {
        if (!stage.flush) continue
        const count = stage.flush(what)
        flushed.stages.push(name)
        if (typeof count === 'number') flushed.responses += count
      }
      await forgotten
      return flushed
    },
  }
}

/** `restarts`: absent where the server is part of another program. */
export const restartOf = (
  restarts: Restarts | undefined,
  events: EventLog,
  endpoints: OpenEndpoints,
  control: Control,
): Restart => ({
  obstacle: () => {
    if (!restarts) return 'this server is part of another program, which alone can restart it'
    return restarts.obstacle
  },
  isReplaced: () => restarts?.isReplaced === true,
  run: async (who) => {
    if (!restarts) throw new Error('a server that is part of another program cannot be restarted')
    const estate = {
      sockets: endpoints.handles(),
      control: control.path,
      release: control.release.bind(control),
    }
    return restarts.restart(who, events, estate)
  },
})

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
