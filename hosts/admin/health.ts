/** Whether applications are up, one by one, for load-balancing software that asks: HTTP status 200 or 503. */
import { Type } from 'typebox'
import { healthResource, type AppResource, type HealthResource } from '../../core/control/resources.js'
import type { ApplicationPool } from '../../core/was/pool.js'
import { find } from './control-error.js'
import { appsOf } from './listings.js'
import type { Route } from './route.js'
import type { Steered } from './steered.js'

const query = Type.Object({
  app: Type.Optional(Type.String({ description: 'Only this application, as in `Main/shop`.' })),
  apppool: Type.Optional(Type.String({ description: 'Only those of this pool.' })),
})

export const healthRoute = (server: Steered): Route => ({
  method: 'GET',
  url: '/health',
  summary: 'Whether applications are up: 200 if all that are asked about are, else 503.',
  query,
  answer: Type.Array(healthResource),
  handle: ({ query }) => {
    const body = asked(server, query.app, query.apppool).map((app) => healthOf(server, app))
    return { body, status: body.every(({ state }) => state === 'up') ? 200 : 503 }
  },
})

type Name = string | number | boolean | undefined

const asked = (server: Steered, app: Name, apppool: Name): AppResource[] => {
  const all = appsOf(server)
  if (app !== undefined) return [find('application', String(app), all, ({ name }) => name)]
  if (apppool === undefined) return all
  const { config } = find('application pool', String(apppool), server.pools(), (one) => one.config.name)
  return all.filter((one) => one.apppool === config.name)
}

const healthOf = (server: Steered, app: AppResource): HealthResource => {
  const { name, apppool } = app
  const reason = whyDown(server, app)
  return { app: name, apppool, state: reason === undefined ? 'up' : 'down', ...(reason && { reason }) }
}

/** A pool that has no worker yet is well: the next request starts one. */
const whyDown = (server: Steered, { site, path, apppool }: AppResource): string | undefined => {
  if (!server.isSiteStarted(site)) return `site "${site}" is stopped`
  const pool = [...server.pools()].find(({ config }) => config.name === apppool)
  if (pool?.state !== 'started') return `pool "${apppool}" is ${pool?.state ?? 'not there'}`
  if (!pool.queue.isEnabled) return `pool "${apppool}" is on trial`
  const id = server.application(site, path)?.id
  if (id !== undefined && isLoadedNowhere(pool, id)) return 'it could not be loaded'
  return undefined
}

const isLoadedNowhere = (pool: ApplicationPool, application: number): boolean => {
  const running = [...pool.workers].filter(({ state }) => state === 'running')
  return running.length > 0 && running.every(({ failedApplications }) => failedApplications.has(application))
}
