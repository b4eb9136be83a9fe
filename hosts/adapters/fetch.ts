/** Hosts fetch handlers: functions of a web Request that answer with a web Response, as Hono applications have. */
import { defineAdapter, type AdapterModule } from '../../core/index.js'
import { anyOptions, findExport, memberOf, requireExport } from './exported.js'
import type { Fetch } from './fetch-listener.js'

interface FetchHandler {
  fetch: Fetch
}

const hasFetch = (value: unknown): value is FetchHandler => typeof memberOf(value, 'fetch') === 'function'

const fetchAdapter = (name: string, what: string, recognises: boolean): AdapterModule =>
  defineAdapter({
    name,
    options: anyOptions,
    recognises: ({ exports }) => recognises && findExport(exports, hasFetch) !== undefined,
    async adapt(input) {
      const handler = await requireExport(input, hasFetch, what)
      const { fetchListener } = await import('./fetch-listener.js')
      return { handle: fetchListener((request, environment) => handler.fetch(request, environment)) }
    },
  })

export const fetchHandler = fetchAdapter('fetch', 'an object with a fetch method', true)
export const hono = fetchAdapter('hono', 'a Hono application', false)
