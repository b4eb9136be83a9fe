/** Which pools a change of configuration makes old, by which keys, and how it was before. */
import type { ApplicationConfig, PoolConfig } from '../contract/config.js'
import type { ChangedKey } from '../config/changed-keys.js'
import type { ConfigurationChanges, SiteChange } from '../config/diff.js'
import type { Application } from '../namespace/application.js'
import type { ApplicationPool } from './pool.js'
import type { Sites } from './sites.js'

export interface PoolRecycle {
  readonly name: string
  readonly pool: ApplicationPool
  /** The reasons, in words. */
  readonly keys: string[]
  readonly before: PoolConfig
  readonly edition: number
  /** Applications of the pool that change with it, by the names of their sites. */
  readonly applications: { site: string; before: ApplicationConfig; after: ApplicationConfig }[]
}

interface Pools {
  readonly pools: ReadonlyMap<string, ApplicationPool>
  readonly sites: Sites
}

/** To be made before anything is changed. */
export class RecycleList {
  private readonly service: Pools
  private readonly byName = new Map<string, PoolRecycle>()
  private readonly loaded = new Map<ApplicationPool, ReadonlySet<Application>>()

  constructor(service: Pools, changes: ConfigurationChanges) {
    this.service = service
    for (const { after, keys } of changes.changedPools) this.note(after.name, recycling(keys))
    for (const { name, applications } of changes.removedSites) {
      for (const one of applications) this.leaves(name, one)
    }
    for (const change of changes.changedSites) this.ofSite(change)
    for (const { name } of changes.removedPools) this.byName.delete(name)
  }

  get pools(): Iterable<PoolRecycle> {
    return this.byName.values()
  }

  private ofSite({ before, after, keys, removed, changed }: SiteChange): void {
    const { name } = before
    const own = recycling(keys)
    if (own.length > 0) for (const { applicationPool } of after.applications) this.note(applicationPool, own)
    for (const one of removed) this.leaves(name, one)
    for (const { before: old, after: now, keys: changedKeys } of changed) {
      if (old.applicationPool !== now.applicationPool) {
        this.leaves(name, old)
        continue
      }
      const reasons = recycling(changedKeys).map((key) => `${name}${now.path}: ${key}`)
      const recycle = this.note(now.applicationPool, reasons)
      recycle?.applications.push({ site: name, before: old, after: now })
    }
  }

  /** Node cannot unload a module: only a new worker is rid of it, and of whatever it does on its own. */
  private leaves(site: string, { path, applicationPool }: ApplicationConfig): void {
    const pool = this.service.pools.get(applicationPool)
    const application = this.service.sites.application(site, path)
    if (!pool || !application) return
    let loaded = this.loaded.get(pool)
    if (!loaded) this.loaded.set(pool, (loaded = pool.loaded))
    if (loaded.has(application)) this.note(applicationPool, [`${site}${path} has left`])
  }

  private note(name: string, keys: readonly string[]): PoolRecycle | undefined {
    const pool = this.service.pools.get(name)
    if (!pool || keys.length === 0) return undefined
    let recycle = this.byName.get(name)
    if (!recycle) {
      recycle = { name, pool, keys: [], before: pool.config, edition: pool.edition, applications: [] }
      this.byName.set(name, recycle)
    }
    for (const key of keys) if (!recycle.keys.includes(key)) recycle.keys.push(key)
    return recycle
  }
}

const recycling = (keys: readonly ChangedKey[]): string[] =>
  keys.filter(({ effect }) => effect === 'recycle').map(({ key }) => key)
