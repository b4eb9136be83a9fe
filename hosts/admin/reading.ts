/** The resources that can be read. */
import { Type } from 'typebox'
import {
  appResource,
  moduleResource,
  poolHistory,
  poolResource,
  requestResource,
  siteResource,
  status,
  workerResource,
} from '../../core/control/resources.js'
import { find } from './control-error.js'
import { versionOf } from './entity-tag.js'
import { appsOf, poolOf, requestsOf, sitesOf, statusOf, workersOf } from './listings.js'
import { outlookOf } from './outlook.js'
import { withoutSecrets } from './redact.js'
import type { Route } from './route.js'
import type { Steered } from './steered.js'

const ofPool = Type.Object({ apppool: Type.Optional(Type.String({ description: 'Only of this pool.' })) })
const ofRequests = Type.Object({
  apppool: Type.Optional(Type.String({ description: 'Only of this pool.' })),
  site: Type.Optional(Type.String({ description: 'Only of this site.' })),
  worker: Type.Optional(Type.Integer({ minimum: 0, description: 'Only of this worker.' })),
  elapsed: Type.Optional(
    Type.Number({ minimum: 0, description: 'Only those at least so many milliseconds old.' }),
  ),
})

export const readingRoutes = (server: Steered): Route[] => {
  const pool = (name: string) => find('application pool', name, server.pools(), ({ config }) => config.name)
  const site = (name: string) => find('site', name, sitesOf(server), (one) => one.name)
  return [
    {
      method: 'GET',
      url: '/status',
      summary: 'The server as a whole.',
      answer: status,
      handle: () => ({ body: statusOf(server) }),
    },
    {
      method: 'GET',
      url: '/sites',
      summary: 'All sites.',
      answer: Type.Array(siteResource),
      handle: () => ({ body: sitesOf(server) }),
    },
    {
      method: 'GET',
      url: '/sites/:name',
      summary: 'One site.',
      answer: siteResource,
      handle: ({ params }) => {
        const body = site(params.name ?? '')
        return { body, version: siteVersion(server, body.name) }
      },
    },
    {
      method: 'GET',
      url: '/apps',
      summary: 'All applications.',
      answer: Type.Array(appResource),
      handle: () => ({ body: appsOf(server) }),
    },
    {
      method: 'GET',
      url: '/apppools',
      summary: 'All application pools.',
      answer: Type.Array(poolResource),
      handle: () => ({ body: [...server.pools()].map((one) => poolOf(server, one)) }),
    },
    {
      method: 'GET',
      url: '/apppools/:name',
      summary: 'One application pool.',
      answer: poolResource,
      handle: ({ params }) => {
        const one = pool(params.name ?? '')
        return { body: poolOf(server, one), version: poolVersion(one) }
      },
    },
    {
      method: 'GET',
      url: '/apppools/:name/history',
      summary: 'What happened to a pool and its workers, on what evidence, and what will happen next.',
      answer: poolHistory,
      handle: ({ params }) => {
        const one = pool(params.name ?? '')
        return {
          body: {
            apppool: one.config.name,
            state: one.state,
            entries: one.history.entries,
            next: outlookOf(one, server.clock.now()),
          },
        }
      },
    },
    {
      method: 'GET',
      url: '/wps',
      summary: 'The workers of all pools.',
      query: ofPool,
      answer: Type.Array(workerResource),
      handle: ({ query }) => {
        const pools = query.apppool === undefined ? [...server.pools()] : [pool(String(query.apppool))]
        return { body: pools.flatMap((one) => workersOf(one, server.clock.now())) }
      },
    },
    {
      method: 'GET',
      url: '/requests',
      summary: 'The requests on their way, queued and executing, the oldest first.',
      query: ofRequests,
      answer: Type.Array(requestResource),
      handle: ({ query }) => {
        const wantedPool = query.apppool === undefined ? undefined : pool(String(query.apppool)).config.name
        const wantedSite = query.site === undefined ? undefined : site(String(query.site)).name
        return {
          body: requestsOf(server).filter(
            (request) =>
              (wantedPool === undefined || request.apppool === wantedPool) &&
              (wantedSite === undefined || request.site === wantedSite) &&
              (query.worker === undefined || request.worker === query.worker) &&
              request.age >= Number(query.elapsed ?? 0),
          ),
        }
      },
    },
    {
      method: 'GET',
      url: '/modules',
      summary: 'The modules of the listener, in the order in which a request meets them, and the adapters.',
      answer: Type.Array(moduleResource),
      handle: () => ({ body: server.modules() }),
    },
    {
      method: 'GET',
      url: '/config',
      summary: 'The configuration in force, complete, without passwords and tokens.',
      answer: Type.Unknown(),
      handle: () => ({ body: withoutSecrets(server.config()), version: versionOf(server.config()) }),
    },
  ]
}

/** Changes when the pool is started or stopped, or its configuration is another; not with each worker. */
export const poolVersion = ({ state, config }: { state: string; config: object }): string =>
  versionOf([state, config])

export const siteVersion = (server: Steered, name: string): string =>
  versionOf([server.isSiteStarted(name), server.config().sites.find((one) => one.name === name)])
