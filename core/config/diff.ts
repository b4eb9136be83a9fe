/** What a new configuration changes: pools, sites and applications that come, go or become others, and the server's own keys. */
import { changedKeys, type ChangedKey } from './changed-keys.js'
import { applicationEffects, poolEffects, serverEffects, siteEffects } from './effects.js'
import type { ApplicationConfig, PoolConfig, ServerConfig, SiteConfig } from './schema/index.js'

export interface PoolChange {
  readonly before: PoolConfig
  readonly after: PoolConfig
  readonly keys: readonly ChangedKey[]
}

export interface ApplicationChange {
  readonly before: ApplicationConfig
  readonly after: ApplicationConfig
  /** `applicationPool` among them: it has moved to another pool. */
  readonly keys: readonly ChangedKey[]
}

export interface SiteChange {
  readonly before: SiteConfig
  readonly after: SiteConfig
  /** Its own, without those of its applications. */
  readonly keys: readonly ChangedKey[]
  readonly added: readonly ApplicationConfig[]
  readonly removed: readonly ApplicationConfig[]
  readonly changed: readonly ApplicationChange[]
}

/** Pools and sites are known by their names, applications by their paths: whatever has another name is another one. */
export interface ConfigurationChanges {
  readonly addedPools: readonly PoolConfig[]
  readonly removedPools: readonly PoolConfig[]
  readonly changedPools: readonly PoolChange[]
  readonly addedSites: readonly SiteConfig[]
  readonly removedSites: readonly SiteConfig[]
  readonly changedSites: readonly SiteChange[]
  readonly server: readonly ChangedKey[]
}

export const diffConfigurations = (before: ServerConfig, after: ServerConfig): ConfigurationChanges => {
  const pools = pair(before.applicationPools, after.applicationPools, nameOf)
  const sites = pair(before.sites, after.sites, nameOf)
  return {
    addedPools: pools.added,
    removedPools: pools.removed,
    changedPools: pools.both.flatMap(([old, now]) => {
      const keys = changedKeys(old, now, poolEffects, 'recycle')
      return keys.length > 0 ? [{ before: old, after: now, keys }] : []
    }),
    addedSites: sites.added,
    removedSites: sites.removed,
    changedSites: sites.both.flatMap(([old, now]) => diffSites(old, now)),
    server: changedKeys(before, after, serverEffects, 'restart', ELSEWHERE),
  }
}

/** Compared one by one, or no setting at all. */
const ELSEWHERE = ['applicationPools', 'sites', 'file', 'directory', 'settingsWithoutEffect']

const diffSites = (before: SiteConfig, after: SiteConfig): SiteChange[] => {
  const keys = changedKeys(before, after, siteEffects, 'recycle', ['applications'])
  const { added, removed, both } = pair(before.applications, after.applications, pathOf)
  const changed = both.flatMap(([old, now]): ApplicationChange[] => {
    const own = changedKeys(old, now, applicationEffects, 'recycle')
    return own.length > 0 ? [{ before: old, after: now, keys: own }] : []
  })
  const count = keys.length + added.length + removed.length + changed.length
  return count > 0 ? [{ before, after, keys, added, removed, changed }] : []
}

interface Paired<T> {
  readonly added: T[]
  readonly removed: T[]
  readonly both: (readonly [T, T])[]
}

const pair = <T>(before: readonly T[], after: readonly T[], keyOf: (one: T) => string): Paired<T> => {
  const left = new Map(before.map((one) => [keyOf(one), one]))
  const added: T[] = []
  const both: (readonly [T, T])[] = []
  for (const now of after) {
    const old = left.get(keyOf(now))
    if (old === undefined) added.push(now)
    else both.push([old, now])
    left.delete(keyOf(now))
  }
  return { added, removed: [...left.values()], both }
}

const nameOf = ({ name }: { readonly name: string }): string => name
const pathOf = ({ path }: { readonly path: string }): string => path
