/** Hosts what a function without a request makes: calls it with the application's options, and looks at the result. */
import type { AdapterModule } from '../../core/index.js'
import { defineAdapter } from '../../core/index.js'
import { anyOptions, findExport, isFactory, isPromise, makeApplication, nameOf, wordFor } from './exported.js'
import { fastify } from './fastify.js'
import { fetchHandler } from './fetch.js'
import { koa } from './koa.js'
import { listener } from './listener.js'
import { node } from './node.js'

const KINDS: readonly AdapterModule[] = [node, fastify, koa, fetchHandler, listener]

export const factory = defineAdapter({
  name: 'factory',
  options: anyOptions,
  recognises: ({ exports }) =>
    findExport(exports, isFactory) !== undefined || findExport(exports, isPromise) !== undefined,
  async adapt(input, options) {
    const made = await makeApplication(input)
    const result = { ...input, exports: { default: made } }
    const kind = KINDS.find((adapter) => adapter.recognises?.(result))
    if (kind) return kind.adapt(result, options)
    throw new Error(
      `${nameOf(input.application)} exports a function of less than two arguments, which is taken for one that makes the ` +
        `application; it returned ${wordFor(made)}. Return a Fastify instance, a function (request, response), an object ` +
        'with a fetch method or an http.Server.',
    )
  },
})
