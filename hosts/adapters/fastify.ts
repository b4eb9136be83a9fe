/** Hosts Fastify instances. */
import type { FastifyInstance } from 'fastify'
import { defineAdapter } from '../../core/index.js'
import { anyOptions, findExport, memberOf, requireExport } from './exported.js'

/** By its form, since the application brings a Fastify of its own. */
const isFastify = (value: unknown): value is FastifyInstance =>
  typeof value === 'object' &&
  ['ready', 'inject', 'route', 'routing'].every((method) => typeof memberOf(value, method) === 'function')

export const fastify = defineAdapter({
  name: 'fastify',
  options: anyOptions,
  recognises: ({ exports }) => findExport(exports, isFastify) !== undefined,
  async adapt(input) {
    const app = await requireExport(input, isFastify, 'a Fastify instance')
    await app.ready()
    return {
      server: app.server,
      handle(request, response) {
        app.routing(request, response)
      },
      async close() {
        await app.close()
      },
    }
  },
})
