/** IIS 5 isolation mode: the hosts that applications get in place of their pools; and what a mode leaves without effect. */
import { isObject, type Raw } from './inherit.js'
import { member } from './problem.js'
import type { ApplicationConfig, PoolConfig, ServerConfig, SiteConfig } from './schema/index.js'

/** The role of the server's own process, and of the one that all pooled applications share, under IIS's names. */
export const IN_PROCESS_HOST = 'inetinfo'
export const POOLED_HOST = 'dllhost'

/**
 * Every application in the host that its `appIsolated` asks for. A host is a pool with one worker, which is never replaced
 * while it runs; only those that somebody needs are made.
 *
 * @param defaults - the pool that `applicationPoolDefaults` describes: what of it has a meaning here holds for every host
 */
export const intoHosts = (
  sites: readonly SiteConfig[],
  defaults: PoolConfig,
): Pick<ServerConfig, 'applicationPools' | 'sites'> => {
  // Names are the same in any case.
  const hosts = new Map<string, PoolConfig>()
  const place = (site: SiteConfig, application: ApplicationConfig): ApplicationConfig => {
    const name = hostNameOf(site, application)
    const isolation = name === IN_PROCESS_HOST ? 'inline' : 'process'
    hosts.set(name.toLowerCase(), hostLike(defaults, name, isolation))
    return { ...application, applicationPool: name }
  }
  const placed = sites.map((site) => ({
    ...site,
    applications: site.applications.map((application) => place(site, application)),
  }))
  return { sites: placed, applicationPools: [...hosts.values()] }
}

const hostNameOf = (site: SiteConfig, { appIsolated, path }: ApplicationConfig): string => {
  switch (appIsolated) {
    case 'inProcess':
    case 0:
      return IN_PROCESS_HOST
    case 'isolated':
    case 1:
      return `${POOLED_HOST} ${site.name}${path}`
    case 'pooled':
    case 2:
      return POOLED_HOST
  }
}

/** No garden, no recycling, no watch over its health, no end because it is idle, no processors of its own. */
const hostLike = (defaults: PoolConfig, name: string, isolation: PoolConfig['isolation']): PoolConfig => ({
  ...defaults,
  name,
  isolation,
  autoStart: true,
  startMode: 'OnDemand',
  processModel: {
    ...defaults.processModel,
    maxProcesses: 1,
    threads: 1,
    pingingEnabled: false,
    idleTimeout: 0,
  },
  recycling: {
    ...defaults.recycling,
    // What runs in the server itself cannot be replaced.
    disallowRotationOnConfigChange: isolation === 'inline',
    periodicRestart: {
      ...defaults.recycling.periodicRestart,
      time: 0,
      requests: 0,
      memory: 0,
      privateMemory: 0,
      schedule: [],
    },
    onFileChange: { ...defaults.recycling.onFileChange, enabled: false },
  },
  failure: {
    ...defaults.failure,
    rapidFailProtection: false,
    orphanWorkerProcess: false,
    selfHealing: { ...defaults.failure.selfHealing, enabled: false },
  },
  cpu: { ...defaults.cpu, limit: 0, smpAffinitized: false, smpAffinityPerWorker: false },
})

/** What `applicationPoolDefaults` gives to hosts: whole settings, or these keys of a section. */
const OF_HOSTS: Readonly<Record<string, true | readonly string[]>> = {
  queueLength: true,
  concurrentRequests: true,
  resourceLimits: true,
  environmentVariables: true,
  nodeOptions: true,
  nodePath: true,
  processModel: [
    'startupTimeLimit',
    'shutdownTimeLimit',
    'identityType',
    'userName',
    'password',
    'setProfileEnvironment',
  ],
  failure: ['inFlight', 'loadBalancerCapabilities'],
}

/** Pointers of what the file says and the mode of the server leaves without effect. */
export const settingsWithoutEffect = (raw: Raw, mode: ServerConfig['isolationMode']): string[] =>
  mode === 'iis5' ? ofPools(raw) : ofIsolation(raw)

const ofPools = (raw: Raw): string[] => {
  const pointers: string[] = []
  for (const [key, own] of entries(raw.applicationPoolDefaults)) {
    const kept = OF_HOSTS[key]
    const pointer = member('/applicationPoolDefaults', key)
    if (kept === undefined) pointers.push(pointer)
    else if (kept !== true)
      for (const [inner] of entries(own)) if (!kept.includes(inner)) pointers.push(member(pointer, inner))
  }
  items(raw.applicationPools).forEach((pool, index) => {
    for (const [key] of entries(pool))
      if (key !== 'name') pointers.push(member(member('/applicationPools', index), key))
  })
  return pointers
}

const ofIsolation = (raw: Raw): string[] => {
  const pointers: string[] = []
  const look = (application: unknown, pointer: string): void => {
    if (isObject(application) && 'appIsolated' in application) pointers.push(`${pointer}/appIsolated`)
  }
  look(raw.applicationDefaults, '/applicationDefaults')
  items(raw.sites).forEach((site, index) => {
    if (!isObject(site)) return
    const at = member('/sites', index)
    look(site.applicationDefaults, `${at}/applicationDefaults`)
    items(site.applications).forEach((application, place) => {
      look(application, member(`${at}/applications`, place))
    })
  })
  return pointers
}

const entries = (value: unknown): [string, unknown][] => (isObject(value) ? Object.entries(value) : [])
const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])
