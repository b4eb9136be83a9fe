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
import type { Namespace } from '../namespace/namespace.js'
import type { RequestQueue } from '../queue/request-queue.js'
import { isolationModeEvents } from './iis5-events.js'
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

export class ActivationService {
  readonly pools = new Map<string, ApplicationPool>()
  /** Workers that failed and were kept for a debugger. */
  readonly orphans: Orphans
  private readonly options: ServiceOptions
  private readonly pressure: MemoryPressure
  private lastWorkerId = 0
  private lastApplicationId = 0

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
    const together: RequestQueue[] | undefined = config.isolationMode === 'iis5' ? [] : undefined
    for (const pool of config.applicationPools) {
      this.pools.set(
        pool.name,
        new ApplicationPool(pool, {
          host: hostOf(pool),
          clock,
          events,
          machine,
          config,
          together,
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
    for (const event of isolationModeEvents(this.options.config)) this.options.events.write(event)
    this.pressure.start()
    for (const site of this.options.config.sites) if (site.serverAutoStart) this.register(site, portOf)
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

  countWorkers(): number {
    let count = 0
    for (const pool of this.pools.values()) count += pool.workers.size
    return count
  }

  private register(config: SiteConfig, portOf: (binding: BindingConfig) => number): void {
    const [first] = config.bindings
    const site: Site = { id: config.id, name: config.name, config, port: first ? portOf(first) : 80 }
    for (const application of config.applications) {
      const registered = this.application(site, application)
      for (const binding of config.bindings) {
        const registration = { address: binding.address, port: portOf(binding), host: binding.host }
        this.options.namespace.register(registration, site, application.path, registered)
      }
    }
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
