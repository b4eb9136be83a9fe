/** What the server is doing now, read from its own tables at the moment of asking. */
import type { Application, RequestContext } from '../../core/index.js'
import type {
  AppResource,
  PoolResource,
  RequestResource,
  SiteResource,
  Status,
  WorkerResource,
} from '../../core/control/resources.js'
import { version } from '../../core/version.js'
import type { ApplicationPool } from '../../core/was/pool.js'
import type { Worker } from '../../core/was/worker.js'
import { versionOf } from './entity-tag.js'
import type { Steered } from './steered.js'

/** A target may be 16 KB long; so much of it is enough to know it by. */
const LONGEST_URL = 512

export const statusOf = (server: Steered): Status => {
  const config = server.config()
  const pools = [...server.pools()]
  const started = config.sites.filter(({ name }) => server.isSiteStarted(name)).length
  const startedPools = pools.filter(({ state }) => state === 'started').length
  return {
    version,
    node: process.version,
    pid: process.pid,
    file: config.file,
    configuration: versionOf(config),
    startedAt: server.startedAt,
    age: server.clock.now() - server.startedAt,
    sites: { started, stopped: config.sites.length - started },
    apppools: { started: startedPools, stopped: pools.length - startedPools },
    workers: pools.reduce((sum, { workers }) => sum + workers.size, 0),
    connections: server.connectionCount(),
    queued: pools.reduce((sum, { queue }) => sum + queue.length, 0),
    executing: pools.reduce((sum, pool) => sum + executingIn(pool), 0),
    memory: process.memoryUsage.rss(),
  }
}

export const sitesOf = (server: Steered): SiteResource[] =>
  server.config().sites.map((site) => ({
    name: site.name,
    id: site.id,
    state: server.isSiteStarted(site.name) ? 'started' : 'stopped',
    bindings: site.bindings.map((binding) => ({
      protocol: binding.protocol,
      bindingInformation: binding.bindingInformation,
      port: server.portOf(binding),
    })),
    applications: site.applications.length,
  }))

export const appsOf = (server: Steered): AppResource[] =>
  server.config().sites.flatMap((site) =>
    site.applications.map(({ path, applicationPool, type, module, physicalPath }) => ({
      name: `${site.name}${path}`,
      site: site.name,
      path,
      apppool: applicationPool,
      ...(type === undefined ? {} : { type }),
      source: module ?? physicalPath,
    })),
  )

export const poolOf = (server: Steered, pool: ApplicationPool): PoolResource => ({
  name: pool.config.name,
  state: pool.state,
  isolation: pool.config.isolation,
  workers: pool.workers.size,
  maxProcesses: pool.config.processModel.maxProcesses,
  namespace: [...server.regionsOf(pool)].map(
    ({ protocol, address, port, host, path }) => `${protocol}/${address}:${port}:${host}${path}`,
  ),
  queued: pool.queue.length,
  queueLength: pool.queue.limit,
  executing: executingIn(pool),
  autoStart: pool.config.autoStart,
})

export const workersOf = (pool: ApplicationPool, now: number): WorkerResource[] =>
  [...pool.workers].map((worker) => {
    const { lastPong, oldestRequest, utilisation, pid = process.pid, ...facts } = worker.snapshot()
    return {
      ...facts,
      apppool: pool.config.name,
      pid,
      age: now - facts.startedAt,
      ...(oldestRequest === undefined ? {} : { oldestRequest }),
      ...(utilisation === undefined ? {} : { utilisation }),
      ...(lastPong === undefined ? {} : { lastPong: now - lastPong }),
    }
  })

/** All requests on their way, the oldest first. */
export const requestsOf = (server: Steered): RequestResource[] => {
  const now = server.clock.now()
  const workers = [...server.pools()].flatMap((pool) => [...pool.workers])
  return [...server.requests()]
    .sort((a, b) => a.receivedAt - b.receivedAt)
    .map((ctx) => requestOf(ctx, workers, now))
}

const requestOf = (ctx: RequestContext, workers: readonly Worker[], now: number): RequestResource => {
  const { connection, application, site, receiver } = ctx
  const worker = receiver && workers.find((one) => one.owns(receiver))
  return {
    id: `${connection.id}.${ctx.exchange}`,
    state: ctx.state === 'queue' && receiver === null ? 'queued' : 'executing',
    stage: ctx.state,
    age: now - ctx.receivedAt,
    method: ctx.method,
    url: ctx.target.slice(0, LONGEST_URL),
    host: ctx.host,
    client: `${connection.remoteAddress}:${connection.remotePort}`,
    ...(site ? { site: site.name } : {}),
    ...(application ? { app: nameOf(application), apppool: application.config.applicationPool } : {}),
    ...(worker ? { worker: worker.id } : {}),
  }
}

const nameOf = ({ site, path }: Application): string => `${site.name}${path}`

const executingIn = (pool: ApplicationPool): number =>
  [...pool.workers].reduce((sum, { executing }) => sum + executing, 0)
