/** The configuration file and the running server: reload, history, rollback. */
import { Type } from 'typebox'
import { ConfigurationError } from '../../core/errors.js'
import { configVersion, reloaded } from '../../core/control/resources.js'
import { ControlError } from './control-error.js'
import { requireMatch, versionOf } from './entity-tag.js'
import type { Asked, Route } from './route.js'
import type { LiveConfiguration, Steered } from './steered.js'

export const configuringRoutes = (server: Steered): Route[] => {
  const live = (): LiveConfiguration => {
    if (server.live) return server.live
    throw new ControlError(501, 'this server takes its configuration at its start only; start it again')
  }
  const matched = ({ ifMatch }: Asked): void => {
    requireMatch(ifMatch, versionOf(server.config()), 'the configuration in force')
  }
  return [
    {
      method: 'POST',
      url: '/config/reload',
      summary: 'Reads the file anew, checks it whole, and applies what has changed.',
      answer: reloaded,
      conditional: true,
      handle: async (asked) => {
        matched(asked)
        const body = await live().reload()
        return { body, version: versionOf(server.config()) }
      },
    },
    {
      method: 'GET',
      url: '/config/history',
      summary: 'The last versions of the configuration, oldest first.',
      answer: Type.Array(configVersion),
      handle: async () => ({ body: await live().versions() }),
    },
    {
      method: 'POST',
      url: '/config/rollback',
      summary: 'Goes back to an earlier version: the last one that differs, unless one is named.',
      query: Type.Object({
        version: Type.Optional(Type.Integer({ minimum: 1, description: 'Its number.' })),
      }),
      answer: reloaded,
      conditional: true,
      handle: async (asked) => {
        matched(asked)
        const { version } = asked.query
        const body = await live()
          .rollback(version === undefined ? undefined : Number(version))
          .catch((error: unknown) => {
            if (error instanceof ConfigurationError) throw error
            throw new ControlError(404, error instanceof Error ? error.message : String(error))
          })
        return { body, version: versionOf(server.config()) }
      },
    },
  ]
}
