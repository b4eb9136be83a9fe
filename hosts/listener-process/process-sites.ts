/** In a listener process: sites and applications by their names, which change as the server's own do. */
import type { Application, ConfigurationChanges, ServerConfig, Site } from '../../core/index.js'
import { Namespace } from '../../core/namespace/namespace.js'
import { RequestQueue } from '../../core/queue/request-queue.js'
import { Sites } from '../../core/was/sites.js'
import type { ApplicationName } from './messages.js'

const NO_PORT = (): number => 0

/** Nothing is routed here, so none of them is ever started. */
export class ProcessSites {
  private readonly queues = new Map<string, RequestQueue>()
  private readonly sites = new Sites(new Namespace(), (pool) => this.queues.get(pool))
  private config: ServerConfig

  constructor(config: ServerConfig) {
    this.config = config
    for (const { name } of config.applicationPools) this.queues.set(name, new RequestQueue(name, 0))
    for (const site of config.sites) this.sites.add(site)
  }

  readonly find = ({ site, path }: ApplicationName): Application | undefined =>
    this.sites.application(site, path)

  site(name: string): Site | undefined {
    const path = this.config.sites.find((site) => site.name === name)?.applications[0]?.path
    return path === undefined ? undefined : this.sites.application(name, path)?.site
  }

  /** A worker of a pool has ended or was told to: with `flushOnRecycle` nothing is kept of what it has answered. */
  recycled(pool: string, edition: number): void {
    const queue = this.queues.get(pool)
    if (queue) queue.edition = edition
  }

  configure(config: ServerConfig, changes: ConfigurationChanges): void {
    const { queues, sites } = this
    this.config = config
    for (const { name } of changes.addedPools) queues.set(name, new RequestQueue(name, 0))
    for (const { name } of changes.removedSites) sites.remove(name)
    // That a site is started or stopped is no business of a process.
    const changed = changes.changedSites.map((change) => {
      const { serverAutoStart } = change.after
      return { ...change, before: { ...change.before, serverAutoStart } }
    })
    for (const change of changed) sites.withdraw(change)
    for (const change of changed) sites.publish(change, NO_PORT)
    for (const site of changes.addedSites) sites.add(site)
    for (const { name } of changes.removedPools) queues.delete(name)
  }
}
