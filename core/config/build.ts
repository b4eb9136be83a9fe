/** Makes the configuration of what the file says: inheritance applied, numbers given, everything complete. */
import { dirname } from 'node:path'
import type { Static } from 'typebox'
import { parseBindingInformation } from './binding-information.js'
import {
  application,
  binding,
  extension,
  filter,
  handler,
  moduleEntry,
  pool,
  server,
  site,
  siteCaching,
  siteLog,
} from './compiled-schema.js'
import { complete } from './complete.js'
import { entriesOf, mergeEntries, type Entry } from './extensions.js'
import { filteringOf, servesFolder } from './filtering.js'
import { inherit, isObject, type Raw } from './inherit.js'
import { intoHosts, settingsWithoutEffect } from './isolation-mode.js'
import { without, type JsonSchema } from './json-schema.js'
import { member } from './problem.js'
import type { FilteringConfig } from './schema/request-filtering.js'
import type {
  ApplicationConfig,
  BindingConfig,
  FilterConfig,
  LogFileConfig,
  ModuleConfig,
  PoolConfig,
  ServerConfig,
  SiteConfig,
} from './schema/index.js'
import type { server as serverSchema } from './schema/server.js'
import type { binding as bindingSchema } from './schema/site.js'

/** The pool of applications that name none; exists without being declared. */
export const DEFAULT_POOL = 'DefaultAppPool'

/** What is the server's, or a site's, alone: all but lists, which are built item by item, and what others inherit. */
type Own = Omit<
  Static<typeof serverSchema>,
  | 'modules'
  | 'filters'
  | 'applicationPools'
  | 'applicationPoolDefaults'
  | 'applicationDefaults'
  | 'siteDefaults'
  | 'sites'
>
const ownSections = without(server, [
  'modules',
  'filters',
  'applicationPools',
  'applicationPoolDefaults',
  'applicationDefaults',
  'siteDefaults',
  'sites',
  'requestFiltering',
])
const ownSettings = without(site, [
  'id',
  'bindings',
  'applications',
  'applicationDefaults',
  'handlers',
  'filters',
  'modules',
  'accessPolicy',
  'access',
  'requestFiltering',
])
const ownApplication = without(application, ['handlers', 'filters', 'modules', 'requestFiltering'])

/**
 * @param raw - What the file says, checked.
 * @param file - Absolute path of the file; relative paths are taken from its folder.
 */
export const build = (raw: Raw, file: string): ServerConfig => {
  const directory = dirname(file)
  const sections = complete(ownSections, raw, directory) as Own
  const { directory: standardLogs } = complete(
    siteLog,
    inherit({}, raw.siteDefaults).logFile,
    directory,
  ) as LogFileConfig
  const builder = new Builder(raw, directory, sections.webLimits.allowDoubleEscaping)
  const sites = withEscapesChecked(builder.sites(), sections.webLimits.allowDoubleEscaping)
  const iis5 = sections.isolationMode === 'iis5'
  return {
    file,
    directory,
    ...sections,
    log: { ...sections.log, errorLoggingDir: sections.log.errorLoggingDir ?? standardLogs },
    modules: builder.modules(),
    filters: builder.filters(),
    settingsWithoutEffect: settingsWithoutEffect(raw, sections.isolationMode),
    ...(iis5 ? intoHosts(sites, builder.poolDefaults()) : { applicationPools: builder.pools(sites), sites }),
  }
}

/** The listener knows no application when it looks at a path: what one allows, the others have to refuse themselves. */
const withEscapesChecked = (sites: SiteConfig[], allowed: boolean): SiteConfig[] => {
  const allows = ({ requestFiltering }: ApplicationConfig): boolean => requestFiltering.allowDoubleEscaping
  if (!allowed && !sites.some(({ applications }) => applications.some(allows))) return sites
  const checked = (application: ApplicationConfig): ApplicationConfig =>
    allows(application)
      ? application
      : { ...application, requestFiltering: { ...application.requestFiltering, checksEscapes: true } }
  return sites.map((site) => ({ ...site, applications: site.applications.map(checked) }))
}

/** What is read of one file shares its folder and its defaults. */
class Builder {
  private readonly raw: Raw
  private readonly directory: string
  private readonly allowDoubleEscaping: boolean
  /** What holds for all applications of which nothing is said: those that serve a folder, and the others. */
  private readonly commonFiltering = new Map<boolean, FilteringConfig>()

  constructor(raw: Raw, directory: string, allowDoubleEscaping: boolean) {
    this.raw = raw
    this.directory = directory
    this.allowDoubleEscaping = allowDoubleEscaping
  }

  modules(): ModuleConfig[] {
    return list(this.raw.modules).map((own, index) => ({
      ...(this.complete(moduleEntry, own) as Omit<ModuleConfig, 'pointer'>),
      pointer: member('/modules', index),
    }))
  }

  filters(): FilterConfig[] {
    const entries = entriesOf(this.raw.filters, '/filters')
    return this.entries('filters', mergeEntries([], entries, false)).filter(({ enabled }) => enabled)
  }

  /** What a pool is that says nothing of itself. */
  poolDefaults(): PoolConfig {
    return this.pool({ name: DEFAULT_POOL }, '/applicationPoolDefaults')
  }

  pools(sites: readonly SiteConfig[]): PoolConfig[] {
    const pools = list(this.raw.applicationPools).map((own, index) =>
      this.pool(own, member('/applicationPools', index)),
    )
    const uses = (name: string) =>
      sites.some((site) => site.applications.some((application) => application.applicationPool === name))
    if (!pools.some((declared) => declared.name === DEFAULT_POOL) && uses(DEFAULT_POOL)) {
      pools.push(this.pool({ name: DEFAULT_POOL }, '/applicationPools'))
    }
    return pools
  }

  sites(): SiteConfig[] {
    const raws = list(this.raw.sites)
    const ids = new SiteIds(raws)
    return raws.map((raw, index) => {
      const own = inherit(inherit({ caching: sharedOf(this.raw.caching) }, this.raw.siteDefaults), raw)
      const pointer = member('/sites', index)
      const settings = this.complete(ownSettings, own) as Omit<
        SiteConfig,
        'id' | 'bindings' | 'applications' | 'pointer'
      >
      const defaults = inherit(
        inherit(
          {
            caching: settings.caching,
            ...(own.accessPolicy ? { accessPolicy: own.accessPolicy } : {}),
            ...(own.access ? { access: own.access } : {}),
          },
          this.raw.applicationDefaults,
        ),
        own.applicationDefaults,
      )
      return {
        ...settings,
        id: typeof own.id === 'number' ? own.id : ids.next(),
        bindings: list(own.bindings).map((item, at) => this.binding(item, member(`${pointer}/bindings`, at))),
        applications: list(own.applications).map((item, at) =>
          this.application(inherit(defaults, item), member(`${pointer}/applications`, at), own, pointer),
        ),
        pointer,
      }
    })
  }

  private pool(own: unknown, pointer: string): PoolConfig {
    const inherited = inherit(this.raw.applicationPoolDefaults, own)
    return { ...(this.complete(pool, inherited) as Omit<PoolConfig, 'pointer'>), pointer }
  }

  private application(own: Raw, pointer: string, site: Raw, sitePointer: string): ApplicationConfig {
    const settings = this.complete(ownApplication, own) as Omit<
      ApplicationConfig,
      'pointer' | Lists | 'requestFiltering'
    >
    const merged = <L extends Lists>(list: L): ApplicationConfig[L] => {
      const ofSite = entriesOf(site[list], `${sitePointer}/${list}`)
      const inherited =
        list === 'filters' ? mergeEntries(entriesOf(this.raw.filters, '/filters'), ofSite, false) : ofSite
      const deeper = entriesOf(own[list], `${pointer}/${list}`)
      return this.entries(list, mergeEntries(inherited, deeper, list === 'handlers'))
    }
    return {
      ...settings,
      caching: { ...settings.caching, enabled: settings.caching.enabled && !asksForCertificate(settings) },
      handlers: merged('handlers'),
      filters: merged('filters').filter(({ enabled }) => enabled),
      modules: merged('modules'),
      requestFiltering: this.filtering(own, pointer, site, sitePointer),
      pointer,
    }
  }

  private filtering(own: Raw, pointer: string, site: Raw, sitePointer: string): FilteringConfig {
    const files = servesFolder(own)
    const server = { own: this.raw.requestFiltering, pointer: '/requestFiltering' }
    if (own.requestFiltering === undefined && site.requestFiltering === undefined) {
      const common = this.commonFiltering.get(files) ?? filteringOf([server], files, this.allowDoubleEscaping)
      this.commonFiltering.set(files, common)
      return common
    }
    return filteringOf(
      [
        server,
        { own: site.requestFiltering, pointer: `${sitePointer}/requestFiltering` },
        { own: own.requestFiltering, pointer: `${pointer}/requestFiltering` },
      ],
      files,
      this.allowDoubleEscaping,
    )
  }

  private entries<L extends Lists>(list: L, entries: readonly Entry[]): ApplicationConfig[L] {
    const complete = entries.map(({ own, pointer }) => ({
      ...(this.complete(entryOf[list], own) as object),
      pointer,
    }))
    return complete as unknown as ApplicationConfig[L]
  }

  private binding(own: unknown, pointer: string): BindingConfig {
    const settings = this.complete(binding, own) as Static<typeof bindingSchema>
    const parsed = parseBindingInformation(settings.bindingInformation, this.directory)
    const parts = typeof parsed === 'string' ? { address: '', port: 0, host: '' } : parsed
    return { ...settings, ...parts, pointer }
  }

  private complete(schema: JsonSchema, own: unknown): unknown {
    return complete(schema, own, this.directory)
  }
}

/** What sites inherit of the server's own cache settings. */
const sharedOf = (caching: unknown): Raw =>
  Object.fromEntries(
    Object.entries(isObject(caching) ? caching : {}).filter(
      ([key]) => key !== 'enabled' && key in (siteCaching.properties ?? {}),
    ),
  )

type Lists = 'handlers' | 'filters' | 'modules'

const entryOf = {
  handlers: handler,
  filters: filter,
  modules: extension,
} as const

/** What an application may say to those with a certificate is not for others: no copy of it is kept. */
const asksForCertificate = ({ access }: Pick<ApplicationConfig, 'access'>): boolean =>
  access.sslFlags.some((flag) => flag === 'SslNegotiateCert' || flag === 'SslRequireCert')

/** Gives out the site numbers that the file leaves free, from 1. */
class SiteIds {
  private readonly taken = new Set<unknown>()
  private last = 0

  constructor(raws: readonly unknown[]) {
    for (const raw of raws) if (isObject(raw)) this.taken.add(raw.id)
  }

  next(): number {
    do this.last++
    while (this.taken.has(this.last))
    return this.last
  }
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])
