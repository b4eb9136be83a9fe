/** The sites and applications that the configuration has, and the places in the namespace that the started ones hold. */
import { isNamedSocket } from '../config/binding-information.js'
import type { ApplicationConfig, BindingConfig, SiteConfig } from '../contract/config.js'
import type { SiteChange } from '../config/diff.js'
import { filterOf } from '../filtering/request-filter.js'
import type { Application, Site } from '../namespace/application.js'
import type { Namespace, Registration } from '../namespace/namespace.js'
import type { RequestQueue } from '../queue/request-queue.js'

/** Tells the real port of a binding, which may ask for any free one. */
export type PortOf = (binding: BindingConfig) => number

type Changeable<T> = { -readonly [K in keyof T]: T[K] }

/** One entry of the routing table: where its requests come to. */
export interface Region extends Registration {
  readonly protocol: string
  readonly path: string
}

interface HostedSite {
  readonly site: Changeable<Site>
  readonly applications: Map<string, Changeable<Application>>
  /** Where it is registered; null while it is stopped. */
  registrations: readonly Registration[] | null
  /** It was started before the change that is being made. */
  wasStarted: boolean
}

export class Sites {
  private readonly namespace: Namespace
  private readonly queueOf: (pool: string) => RequestQueue | undefined
  private readonly byName = new Map<string, HostedSite>()
  private readonly byId = new Map<number, Application>()
  private lastApplicationId = 0

  constructor(namespace: Namespace, queueOf: (pool: string) => RequestQueue | undefined) {
    this.namespace = namespace
    this.queueOf = queueOf
  }

  /** Those whose requests wait in this queue, of started sites and others. */
  *applicationsOf(queue: RequestQueue): Generator<Application> {
    for (const application of this.byId.values()) if (application.queue === queue) yield application
  }

  /** The places in the namespace whose requests wait in this queue. */
  *regionsOf(queue: RequestQueue): Generator<Region> {
    for (const { applications, registrations, site } of this.byName.values()) {
      for (const [at, registration] of (registrations ?? []).entries()) {
        const protocol = site.config.bindings[at]?.protocol ?? 'http'
        for (const application of applications.values())
          if (application.queue === queue) yield { ...registration, protocol, path: application.path }
      }
    }
  }

  application(site: string, path: string): Application | undefined {
    return this.byName.get(site)?.applications.get(path)
  }

  isStarted(name: string): boolean {
    return (this.byName.get(name)?.registrations ?? null) !== null
  }

  /** A site of the configuration, stopped as yet. */
  add(config: SiteConfig): void {
    const { id, name } = config
    const site = { id, name, config, port: 80, securePort: 0 }
    const hosted: HostedSite = { site, applications: new Map(), registrations: null, wasStarted: false }
    this.byName.set(name, hosted)
    for (const application of config.applications) this.host(hosted, application)
  }

  /**
   * Registers a site under all its bindings, unless it is registered: its requests find it from now on.
   *
   * @throws NamespaceConflictError when another site holds one of its places; it stays stopped then.
   */
  start(name: string, portOf: PortOf): void {
    const hosted = this.get(name)
    if (hosted.registrations) return
    const { bindings } = hosted.site.config
    const [first] = bindings
    hosted.site.port = first ? portOf(first) : 80
    hosted.site.securePort = securePortOf(bindings, portOf)
    const registrations = bindings.map((binding) => ({
      address: registeredAddress(binding, portOf(binding)),
      port: portOf(binding),
      host: binding.host,
    }))
    const places = [...hosted.applications.values()].flatMap((application) =>
      registrations.map((registration) => ({ registration, application })),
    )
    places.forEach(({ registration, application }, at) => {
      try {
        this.namespace.register(registration, hosted.site, application.path, application)
      } catch (error) {
        for (const place of places.slice(0, at)) {
          this.namespace.unregister(place.registration, place.application.path)
        }
        throw error
      }
    })
    hosted.registrations = registrations
  }

  /** Takes a site out of the namespace: whoever asks for it now finds nobody. Requests under way are not touched. */
  stop(name: string): void {
    const hosted = this.get(name)
    for (const application of hosted.applications.values()) this.unregister(hosted, application)
    hosted.registrations = null
  }

  remove(name: string): void {
    this.stop(name)
    for (const { id } of this.get(name).applications.values()) this.byId.delete(id)
    this.byName.delete(name)
  }

  /** The first half of a change, made for all sites before the second: what it holds and shall not hold is given back. */
  withdraw({ before, after, keys, removed }: SiteChange): void {
    const hosted = this.get(before.name)
    const isTurnedOff = before.serverAutoStart && !after.serverAutoStart
    hosted.wasStarted = this.isStarted(before.name) && !isTurnedOff
    if (isTurnedOff || keys.some(({ key }) => key === 'bindings')) this.stop(before.name)
    for (const { path } of removed) {
      const application = hosted.applications.get(path)
      if (!application) continue
      this.unregister(hosted, application)
      hosted.applications.delete(path)
      this.byId.delete(application.id)
    }
  }

  /** The second half: applications are what they shall be, and what is new is registered. */
  publish({ before, after, added, changed }: SiteChange, portOf: PortOf): void {
    const hosted = this.get(before.name)
    hosted.site.config = after
    hosted.site.id = after.id
    for (const { after: config } of changed) this.configure(after.name, config)
    for (const config of added) {
      const application = this.host(hosted, config)
      if (hosted.registrations) this.register(hosted, application)
    }
    const isTurnedOn = !before.serverAutoStart && after.serverAutoStart
    if (hosted.wasStarted || isTurnedOn) this.start(after.name, portOf)
  }

  /** An application gets another configuration; if that names another pool, the requests that wait go there with it. */
  configure(site: string, config: ApplicationConfig): void {
    const application = this.get(site).applications.get(config.path)
    if (!application) return
    const { queue } = application
    application.config = config
    application.filter = filterOf(config.requestFiltering)
    application.queue = this.queueFor(site, config)
    if (queue !== application.queue) queue.passOn(application, application.queue)
  }

  private get(name: string): HostedSite {
    const hosted = this.byName.get(name)
    if (!hosted) throw new Error(`No site "${name}"`)
    return hosted
  }

  private queueFor(site: string, { path, applicationPool }: ApplicationConfig): RequestQueue {
    const queue = this.queueOf(applicationPool)
    if (!queue) throw new Error(`Application ${path} of site ${site}: no pool "${applicationPool}"`)
    return queue
  }

  private host({ site, applications }: HostedSite, config: ApplicationConfig): Application {
    const { path } = config
    const queue = this.queueFor(site.name, config)
    const id = ++this.lastApplicationId
    const filter = filterOf(config.requestFiltering)
    const application: Changeable<Application> = { id, site, path, config, queue, filter }
    applications.set(path, application)
    this.byId.set(id, application)
    return application
  }

  private register({ site, registrations }: HostedSite, application: Application): void {
    for (const registration of registrations ?? []) {
      this.namespace.register(registration, site, application.path, application)
    }
  }

  private unregister({ registrations }: HostedSite, { path }: Application): void {
    for (const registration of registrations ?? []) this.namespace.unregister(registration, path)
  }
}

/** Where those are sent who shall come by https; 0 where the site has none. */
const securePortOf = (bindings: readonly BindingConfig[], portOf: PortOf): number => {
  const secure = bindings.filter(({ protocol, address }) => protocol === 'https' && !isNamedSocket(address))
  const [first] = secure.map(portOf).sort((one, other) => Number(other === 443) - Number(one === 443))
  return first ?? 0
}

/** A port that systemd hands over has an address that only systemd's own configuration knows: any will be right. */
const registeredAddress = ({ address }: BindingConfig, port: number): string =>
  address.startsWith('systemd:') && port !== 0 ? '*' : address
