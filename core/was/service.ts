/** WAS: makes pools, queues and URL registrations of the configuration before requests are accepted, changes and ends them. */
import type { Clock } from '../clock.js'
import type { ExtensionConfig, PoolConfig, ServerConfig, SiteConfig } from '../contract/config.js'
import type { EventLog } from '../contract/events.js'
import type { Balance } from '../contract/balancer.js'
import type { AdapterSettings, ApplicationSettings, ExtensionSettings } from '../contract/messages.js'
import type { Machine } from '../contract/machine.js'
import type { WorkerHost } from '../contract/worker-host.js'
import type { ConfigurationChanges } from '../config/diff.js'
import type { Application } from '../namespace/application.js'
import { Namespace } from '../namespace/namespace.js'
import { RequestQueue } from '../queue/request-queue.js'
import { applyChanges, type Applied } from './apply-changes.js'
import { recycleEvents } from './recycle-events.js'
import { endPool } from './end-pool.js'
import { isolationModeEvents } from './iis5-events.js'
import { MemoryPressure } from './memory-pressure.js'
import { Orphans } from './orphans.js'
import { ApplicationPool } from './pool.js'
import { Sites, type PortOf, type Region } from './sites.js'
import type { PoolSurroundings } from './surroundings.js'

export interface ServiceOptions {
  readonly config: ServerConfig
  readonly namespace: Namespace
  /** What the workers of a pool run in. */
  readonly hostOf: (pool: PoolConfig) => WorkerHost
  readonly clock: Clock
  readonly events: EventLog
  readonly machine: Machine
  readonly adapters: readonly AdapterSettings[]
  /** Which worker of a garden gets a request; always the next in turn where left out. */
  readonly balanceOf?: (pool: PoolConfig) => Balance | null
}

export class ActivationService {
  readonly pools = new Map<string, ApplicationPool>()
  readonly sites: Sites
  /** Workers that failed and were kept for a debugger. */
  readonly orphans: Orphans
  /** How many changes have been made. */
  edition = 0
  private readonly around: PoolSurroundings
  private readonly pressure: MemoryPressure
  /** Pools that the configuration has no longer, and whose workers have not all ended. */
  private readonly leaving = new Set<ApplicationPool>()
  private lastWorkerId = 0

  constructor({ config, namespace, hostOf, clock, events, machine, adapters, balanceOf }: ServiceOptions) {
    this.orphans = new Orphans({ clock, events })
    this.pressure = new MemoryPressure({
      clock,
      events,
      threshold: () => this.config.webLimits.dynamicIdleThreshold,
      memoryInUse: () => machine.memoryInUse(),
    })
    this.around = {
      hostOf,
      clock,
      events,
      machine,
      config,
      together: config.isolationMode === 'iis5' ? [] : undefined,
      adapters,
      balanceOf: balanceOf ?? (() => null),
      pressure: this.pressure,
      orphans: this.orphans,
      settingsOf,
      applicationsOf: (queue) => this.sites.applicationsOf(queue),
      nextWorkerId: () => ++this.lastWorkerId,
      countWorkers: () => this.countWorkers(),
    }
    for (const pool of config.applicationPools) this.addPool(pool)
    this.sites = new Sites(namespace, (name) => this.pools.get(name)?.queue)
    for (const site of config.sites) this.sites.add(site)
  }

  /** What is in force: after a change that was partly taken back, neither the old nor the new file. */
  get config(): ServerConfig {
    return this.around.config
  }

  /**
   * Starts the pools and registers the sites; after it the listener may accept. `portOf` tells the real port of a binding
   * that asks for any free one.
   */
  start(portOf: PortOf): void {
    for (const event of isolationModeEvents(this.config)) this.around.events.write(event)
    this.pressure.start()
    for (const { name, serverAutoStart } of this.config.sites) {
      if (serverAutoStart) this.sites.start(name, portOf)
    }
    for (const pool of this.pools.values()) if (pool.config.autoStart) pool.start()
  }

  /**
   * Puts another configuration in force, within this turn of the event loop; workers that have to be replaced are, in their
   * own time.
   */
  apply(config: ServerConfig, changes: ConfigurationChanges, portOf: PortOf): Applied {
    this.around.config = config
    this.edition++
    return applyChanges(this, changes, portOf, (corrected) => {
      this.around.config = corrected(this.around.config)
    })
  }

  /** Whether the namespace can hold all sites of a configuration at one time. Throws NamespaceConflictError if not. */
  static rehearse({ sites }: ServerConfig): void {
    const queue = new RequestQueue('', 0)
    const rehearsal = new Sites(new Namespace(), () => queue)
    let free = 0
    for (const site of sites) {
      rehearsal.add(site)
      // Each binding that asks for any free port gets one that nobody can have.
      if (site.serverAutoStart) rehearsal.start(site.name, ({ port }) => port || --free)
    }
  }

  /** A pool of the configuration; its `autoStart` says whether it takes requests at once. */
  addPool(config: PoolConfig): ApplicationPool {
    const pool = new ApplicationPool(config, this.around)
    this.pools.set(config.name, pool)
    return pool
  }

  /** Takes a pool that has no applications any more out of service: its workers finish what they have. */
  removePool(name: string): void {
    const pool = this.pool(name)
    this.pools.delete(name)
    this.leaving.add(pool)
    void pool.stop().then(() => this.leaving.delete(pool))
  }

  /** The entries of the routing table that lead to a pool. */
  regionsOf(pool: ApplicationPool): Iterable<Region> {
    return this.sites.regionsOf(pool.queue)
  }

  /** @throws Error where there is none: the configuration was not checked. */
  pool(name: string): ApplicationPool {
    const pool = this.pools.get(name)
    if (!pool) throw new Error(`No pool "${name}"`)
    return pool
  }

  /**
   * Lets all workers finish what they have; resolves when none is left.
   *
   * @param requestsDone - no more requests come after it; until then, but not for too long, they are served
   */
  async stop(requestsDone?: Promise<void>): Promise<void> {
    this.pressure.stop()
    const { clock } = this.around
    const end = (pool: ApplicationPool) => (requestsDone ? endPool(pool, requestsDone, clock) : pool.stop())
    await Promise.all([...this.pools.values(), ...this.leaving].map(end))
    await this.orphans.stop()
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const pool of [...this.pools.values(), ...this.leaving]) pool.kill()
    for (const orphan of this.orphans.all) if (orphan.inServer) orphan.end()
  }

  countWorkers(): number {
    let count = 0
    for (const pool of this.pools.values()) count += pool.workers.size
    for (const pool of this.leaving) count += pool.workers.size
    return count
  }

  isSiteStarted(name: string): boolean {
    return this.sites.isStarted(name)
  }

  startSite({ name }: SiteConfig, portOf: PortOf): void {
    this.sites.start(name, portOf)
  }

  stopSite(name: string): void {
    this.sites.stop(name)
  }

  takenBack(pool: string, keys: readonly string[]): void {
    this.around.events.write(recycleEvents.changeTakenBack(pool, keys))
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
  accessPolicy: config.accessPolicy,
  handlers: config.handlers.map(({ verb, module, type, ...mapping }) => ({
    ...mapping,
    module,
    type,
    verbs: verbsOf(verb),
  })),
  filters: config.filters.map(extensionOf),
  modules: config.modules.map(extensionOf),
  warmUp: [],
  port: site.port,
})

const extensionOf = ({
  name,
  module,
  options,
  enableCache,
}: ExtensionConfig & { readonly enableCache?: boolean }): ExtensionSettings => ({
  name,
  module,
  options,
  enableCache: enableCache === true,
})

/** `GET,POST` are two; `*` is all, told by none. */
const verbsOf = (verb: string): string[] => {
  const verbs = verb.split(',').map((one) => one.trim().toUpperCase())
  return verbs.includes('*') ? [] : verbs
}
