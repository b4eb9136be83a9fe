/** WAS: makes pools, queues and URL registrations of the configuration before requests are accepted, and ends them. */
import type { Clock } from '../clock.js'
import type {
  ApplicationConfig,
  BindingConfig,
  PoolConfig,
  ServerConfig,
  SiteConfig,
} from '../contract/config.js'
import type { EventLog } from '../contract/events.js'
import type { AdapterSettings, ApplicationSettings } from '../contract/messages.js'
import type { Machine } from '../contract/machine.js'
import type { WorkerHost } from '../contract/worker-host.js'
import type { Application, Site } from '../namespace/application.js'
import type { Namespace, Registration } from '../namespace/namespace.js'
import { MemoryPressure } from './memory-pressure.js'
import { Orphans } from './orphans.js'
import { ApplicationPool } from './pool.js'

export interface ServiceOptions {
  readonly config: ServerConfig
  readonly namespace: Namespace
  /** What the workers of a pool run in. */
  readonly hostOf: (pool: PoolConfig) => WorkerHost
  readonly clock: Clock
  readonly events: EventLog
  readonly machine: Machine
  readonly adapters: readonly AdapterSettings[]
}

/** One place in the namespace that a started site holds. */
interface Place {
  readonly registration: Registration
  readonly path: string
}

export class ActivationService {
  readonly pools = new Map<string, ApplicationPool>()
  /** Workers that failed and were kept for a debugger. */
  readonly orphans: Orphans
  private readonly options: ServiceOptions
  private readonly pressure: MemoryPressure
  private lastWorkerId = 0
  private lastApplicationId = 0
  /** The places of each started site, by its name. */
  private readonly started = new Map<string, readonly Place[]>()

  constructor(options: ServiceOptions) {
    this.options = options
    const { config, hostOf, clock, events, machine, adapters } = options
    this.orphans = new Orphans({ clock, events })
    this.pressure = new MemoryPressure({
      clock,
      events,
      threshold: config.webLimits.dynamicIdleThreshold,
      memoryInUse: () => machine.memoryInUse(),
    })
    for (const pool of config.applicationPools) {
      this.pools.set(
        pool.name,
        new ApplicationPool(pool, {
          host: hostOf(pool),
          clock,
          events,
          machine,
          config,
          adapters,
          pressure: this.pressure,
          orphans: this.orphans,
          settingsOf,
          nextWorkerId: () => ++this.lastWorkerId,
          countWorkers: () => this.countWorkers(),
        }),
      )
    }
  }

  /**
   * Registers the sites and starts the pools; after it the listener may accept. `portOf` tells the real port of a binding
   * that asks for any free one.
   */
  start(portOf: (binding: BindingConfig) => number): void {
    this.pressure.start()
    for (const site of this.options.config.sites) if (site.serverAutoStart) this.startSite(site, portOf)
    for (const pool of this.pools.values()) if (pool.config.autoStart) pool.start()
  }

  /** Lets all workers finish what they have; resolves when none is left but orphans that are processes. */
  async stop(): Promise<void> {
    this.pressure.stop()
    await Promise.all([...this.pools.values()].map((pool) => pool.stop()))
    await this.orphans.stop()
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const pool of this.pools.values()) pool.kill()
    for (const orphan of this.orphans.all) if (orphan.inServer) orphan.end()
  }

  isSiteStarted(name: string): boolean {
    return this.started.has(name)
  }

  /**
   * Registers a site, unless it is registered: its requests find it from now on.
   *
   * @throws NamespaceConflictError when another site holds one of its places; it stays stopped then.
   */
  startSite(config: SiteConfig, portOf: (binding: BindingConfig) => number): void {
    if (this.started.has(config.name)) return
    const [first] = config.bindings
    const site: Site = { id: config.id, name: config.name, config, port: first ? portOf(first) : 80 }
    const places: Place[] = []
    try {
      for (const application of config.applications) {
        const registered = this.application(site, application)
        for (const binding of config.bindings) {
          const registration = { address: binding.address, port: portOf(binding), host: binding.host }
          this.options.namespace.register(registration, site, application.path, registered)
          places.push({ registration, path: application.path })
        }
      }
    } catch (error) {
      this.unregister(places)
      throw error
    }
    this.started.set(config.name, places)
  }

  /** Takes a site out of the namespace: whoever asks for it now finds nobody; requests under way are not touched. */
  stopSite(name: string): void {
    this.unregister(this.started.get(name) ?? [])
    this.started.delete(name)
  }

  private unregister(places: readonly Place[]): void {
    for (const { registration, path } of places) this.options.namespace.unregister(registration, path)
  }

  countWorkers(): number {
    let count = 0
    for (const pool of this.pools.values()) count += pool.workers.size
    return count
  }

  private application(site: Site, config: ApplicationConfig): Application {
    const pool = this.pools.get(config.applicationPool)
    if (!pool)
      throw new Error(`Application ${config.path} of site ${site.name}: no pool "${config.applicationPool}"`)
    const application = { id: ++this.lastApplicationId, site, path: config.path, config, queue: pool.queue }
    pool.applications.add(application)
    return application
  }
}

/** What a worker is told of an application. */
export const settingsOf = ({ id, site, path, config }: Application): ApplicationSettings => ({
  id,
  name: `${site.name}${path}`,
  site: site.name,
  siteId: site.id,
  pool: config.applicationPool,
  mount: path === '/' ? '' : path,
  pathBase: config.pathBase,
  type: config.type,
  module: config.module,
  physicalPath: config.physicalPath,
  environment: config.environment,
  options: config.options,
  warmUp: [],
  port: site.port,
})
