/** Puts the changes of a configuration in force: pool by pool, site by site, and takes back what no worker comes up under. */
import type { ApplicationConfig, PoolConfig, ServerConfig } from '../contract/config.js'
import type { ConfigurationChanges } from '../config/diff.js'
import { RecycleList, type PoolRecycle } from './recycle-list.js'
import type { ActivationService } from './service.js'
import type { PortOf } from './sites.js'

export interface Applied {
  /** Pools whose workers are being replaced. */
  readonly recycled: readonly string[]
  /** Pools whose workers would be, did `disallowRotationOnConfigChange` not keep them as they are. */
  readonly kept: readonly string[]
  /** Resolves when the replacements have come up, or not: with the pools that went back to their old configuration. */
  readonly settled: Promise<readonly string[]>
}

/** Makes the configuration that is in force out of the one that was. */
export type Correction = (config: ServerConfig) => ServerConfig

export const applyChanges = (
  service: ActivationService,
  changes: ConfigurationChanges,
  portOf: PortOf,
  correct: (correction: Correction) => void,
): Applied => {
  const recycles = new RecycleList(service, changes)
  const { edition } = service
  const recycled: PoolRecycle[] = []
  const kept: string[] = []
  for (const config of changes.addedPools) {
    const pool = service.addPool(config)
    if (config.autoStart) pool.start()
  }
  const configs = new Map(changes.changedPools.map(({ after }) => [after.name, after]))
  for (const recycle of recycles.pools) {
    const { pool } = recycle
    const config = configs.get(pool.config.name) ?? pool.config
    if (config.recycling.disallowRotationOnConfigChange) kept.push(config.name)
    else {
      recycled.push(recycle)
      pool.configure(config, edition)
    }
  }
  for (const { after } of changes.changedPools) {
    const pool = service.pool(after.name)
    if (pool.config !== after) pool.configure(after, pool.edition)
  }
  changeSites(service, changes, portOf)
  const outcomes = recycled.map(async (recycle) => {
    const cameUp = await recycle.pool.renew({ keys: recycle.keys })
    if (!cameUp && recycle.pool.edition === edition) takeBack(service, recycle, correct)
    return cameUp ? [] : [recycle.name]
  })
  for (const { name } of changes.removedPools) service.removePool(name)
  return {
    recycled: recycled.map(({ name }) => name),
    kept,
    settled: Promise.all(outcomes).then((names) => names.flat()),
  }
}

/** Places are given back before others take them: a binding may go from one site to another. */
const changeSites = ({ sites }: ActivationService, changes: ConfigurationChanges, portOf: PortOf): void => {
  for (const { name } of changes.removedSites) sites.remove(name)
  for (const change of changes.changedSites) sites.withdraw(change)
  for (const change of changes.changedSites) sites.publish(change, portOf)
  for (const site of changes.addedSites) {
    sites.add(site)
    if (site.serverAutoStart) sites.start(site.name, portOf)
  }
}

/** The pool and its applications are as they were. */
const takeBack = (
  service: ActivationService,
  { name, pool, before, edition, applications, keys }: PoolRecycle,
  correct: (correction: Correction) => void,
): void => {
  pool.configure(before, edition)
  const restored = new Map<string, ApplicationConfig>()
  for (const { site, before: old, after } of applications) {
    if (service.sites.application(site, after.path)?.config !== after) continue
    service.sites.configure(site, old)
    restored.set(site + old.path, old)
  }
  correct((config) => restore(config, before, restored))
  service.takenBack(name, keys)
  // Those of a garden that had come up under the new one.
  void pool.renew({ keys })
}

const restore = (
  config: ServerConfig,
  before: PoolConfig,
  applications: ReadonlyMap<string, ApplicationConfig>,
): ServerConfig => ({
  ...config,
  applicationPools: config.applicationPools.map((pool) => (pool.name === before.name ? before : pool)),
  sites: config.sites.map((site) =>
    site.applications.some(({ path }) => applications.has(site.name + path))
      ? {
          ...site,
          applications: site.applications.map((one) => applications.get(site.name + one.path) ?? one),
        }
      : site,
  ),
})
