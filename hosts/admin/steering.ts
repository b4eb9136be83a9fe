/** The actions: what changes the running server. Each waits until it is done, unless it is told not to. */
import { Type } from 'typebox'
import { flushed, poolResource, recycled, restarted, siteResource } from '../../core/control/resources.js'
import type { FlushTarget } from '../../core/index.js'
import { ConfigurationError } from '../../core/errors.js'
import { ControlError, find } from './control-error.js'
import { requireMatch } from './entity-tag.js'
import { poolOf, sitesOf, workersOf } from './listings.js'
import { poolVersion, siteVersion } from './reading.js'
import type { Answer, Asked, Route } from './route.js'
import { recyclePool, startPool, stopPool } from './steer-pools.js'
import type { Steered } from './steered.js'

const waiting = Type.Object({
  wait: Type.Optional(
    Type.Boolean({ default: true, description: 'Whether to answer only when it is done.' }),
  ),
})

const flushing = Type.Object({
  site: Type.Optional(Type.String({ description: 'Name of a site.' })),
  url: Type.Optional(
    Type.String({
      pattern: '^(https?://|/)',
      description: '`http://host/path?query`, or only path and query: then on every host.',
    }),
  ),
  prefix: Type.Optional(
    Type.Boolean({ default: false, description: 'Whether all URLs are meant that begin with `url`.' }),
  ),
  tag: Type.Optional(
    Type.String({ minLength: 1, description: 'A tag of Cache-Tag, Surrogate-Key or Cache-Groups.' }),
  ),
})

const targetOf = ({ site, url, prefix, tag }: Asked['query']): FlushTarget => ({
  ...(typeof site === 'string' ? { site } : {}),
  ...(typeof url === 'string' ? { url } : {}),
  ...(typeof tag === 'string' ? { tag } : {}),
  ...(prefix === true ? { prefix } : {}),
})

/** For the event log. */
const namesOf = (what: FlushTarget): Record<string, string> =>
  Object.fromEntries(Object.entries(what).map(([name, value]) => [name, String(value)]))

export const steeringRoutes = (server: Steered): Route[] => {
  const poolFor = ({ params, ifMatch }: Asked) => {
    const pool = find('application pool', params.name ?? '', server.pools(), ({ config }) => config.name)
    requireMatch(ifMatch, poolVersion(pool), `pool "${pool.config.name}"`)
    return pool
  }
  const siteFor = ({ params, ifMatch }: Asked): string => {
    const { name } = find('site', params.name ?? '', sitesOf(server), (one) => one.name)
    requireMatch(ifMatch, siteVersion(server, name), `site "${name}"`)
    return name
  }
  const siteAnswer = (name: string): Answer => ({
    body: sitesOf(server).find((one) => one.name === name),
    version: siteVersion(server, name),
  })
  const tell = (what: string, facts: Record<string, string>): void => {
    server.events.write({ id: 0, level: 'info', source: 'WAS', text: what, facts })
  }
  return [
    {
      method: 'POST',
      url: '/sites/:name/start',
      summary: 'Starts a site: its requests find it again.',
      answer: siteResource,
      conditional: true,
      handle: async (asked) => {
        const name = siteFor(asked)
        if (server.isSiteStarted(name)) return siteAnswer(name)
        try {
          await server.startSite(name)
        } catch (error) {
          throw new ControlError(409, `site "${name}" cannot be started: ${messageOf(error)}`)
        }
        tell(`Site "${name}" was started by ${asked.who}.`, { site: name })
        return siteAnswer(name)
      },
    },
    {
      method: 'POST',
      url: '/sites/:name/stop',
      summary:
        'Stops a site: its URLs are nobody’s; requests under way are finished, and the cache forgets them.',
      answer: siteResource,
      conditional: true,
      handle: async (asked) => {
        const name = siteFor(asked)
        if (!server.isSiteStarted(name)) return siteAnswer(name)
        server.stopSite(name)
        // The cache stands before the route: it would go on answering for a site that is no more.
        await server.flush()
        tell(`Site "${name}" was stopped by ${asked.who}.`, { site: name })
        return siteAnswer(name)
      },
    },
    {
      method: 'POST',
      url: '/apppools/:name/start',
      summary: 'Starts a pool; also one that rapid-fail protection has disabled.',
      answer: poolResource,
      conditional: true,
      handle: (asked) => {
        const pool = poolFor(asked)
        startPool(pool, asked.who)
        return { body: poolOf(server, pool), version: poolVersion(pool) }
      },
    },
    {
      method: 'POST',
      url: '/apppools/:name/stop',
      summary: 'Stops a pool: who waits or comes gets 503, its workers finish what they have and end.',
      query: waiting,
      answer: poolResource,
      conditional: true,
      handle: async (asked) => {
        const pool = poolFor(asked)
        const done = stopPool(pool, asked.who)
        if (asked.query.wait === false) return { body: poolOf(server, pool), status: 202 }
        await done
        return { body: poolOf(server, pool), version: poolVersion(pool) }
      },
    },
    {
      method: 'POST',
      url: '/apppools/:name/recycle',
      summary: 'Replaces the workers of a pool without losing a request.',
      query: waiting,
      answer: recycled,
      conditional: true,
      handle: async (asked) => {
        const pool = poolFor(asked)
        const done = recyclePool(server, pool, asked.who)
        if (asked.query.wait !== false) return { body: await done }
        return { body: { replaced: [], kept: [], workers: workersOf(pool, server.clock.now()) }, status: 202 }
      },
    },
    {
      method: 'POST',
      url: '/cache/flush',
      summary: 'Empties the response cache, or makes it forget what all that is named fits.',
      query: flushing,
      answer: flushed,
      handle: async ({ who, query }) => {
        const what = targetOf(query)
        if (what.site !== undefined) find('site', what.site, sitesOf(server), (one) => one.name)
        const done = await server.flush(what)
        const facts = { stages: done.stages.join(', '), responses: String(done.responses) }
        tell(`The cache was flushed by ${who}.`, { ...facts, ...namesOf(what) })
        return { body: done }
      },
    },
    {
      method: 'POST',
      url: '/restart',
      summary: 'Starts the server anew: the new one takes the sockets over, this one finishes what it has.',
      query: waiting,
      answer: restarted,
      handle: async ({ query, who }) => {
        const obstacle = server.cannotRestart()
        if (obstacle !== null) throw new ControlError(409, obstacle)
        const former = process.pid
        const done = server.restart(who)
        if (query.wait === false) {
          // The event log has what becomes of it.
          done.catch(() => undefined)
          return { body: { pid: 0, former }, status: 202 }
        }
        const { pid } = await done.catch((error: unknown) => {
          if (error instanceof ConfigurationError) throw error
          throw new ControlError(500, `it goes on as it was: ${messageOf(error)}`)
        })
        return { body: { pid, former } }
      },
    },
  ]
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
