/** The configuration file and the running server: reload, history, rollback. */
import { Type } from 'typebox'
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
        const body = await live().reload(asked.who)
        return { body, version: versionOf(server.config()) }
      },
    },
    {
      method: 'GET',
      url: '/config/history',
      summary: 'The last versions of the configuration, the newest first.',
      answer: Type.Array(configVersion),
      handle: () => ({ body: live().history() }),
    },
    {
      method: 'POST',
      url: '/config/rollback',
      summary: 'Goes back to an earlier version.',
      query: Type.Object({ version: Type.String({ description: 'Name of the version.' }) }),
      answer: reloaded,
      conditional: true,
      handle: async (asked) => {
        matched(asked)
        const body = await live().rollback(String(asked.query.version), asked.who)
        return { body, version: versionOf(server.config()) }
      },
    },
  ]
}
