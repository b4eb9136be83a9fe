/** `urlCompression`: responses compressed with br, gzip or zstd (IIS: StaticCompressionModule, DynamicCompressionModule). */
import { defineModule, type HttpContext } from '../../../core/index.js'
import { originalUrl } from '../resource.js'
import { CompressedResponse } from './compressed-response.js'
import { decider } from './decide.js'
import { KeptCopies } from './kept-copies.js'
import { options } from './options.js'

const MEGABYTE = 1_048_576

export default defineModule({
  name: 'urlCompression',
  options,
  // It varies by Accept-Encoding, and says so: the listener keeps a copy for each.
  perClient: false,
  setup(_scope, given) {
    if (!given.doStaticCompression && !given.doDynamicCompression) return {}
    const decide = decider(given)
    const keptCopies = new KeptCopies(given.maxMemoryUsage * MEGABYTE)
    /** Those that this module stands before; of one listed twice only the first does. */
    const standing = new WeakMap<HttpContext['response'], CompressedResponse>()
    return {
      beginRequest({ request, response }) {
        standing.set(response, new CompressedResponse(response, request.method === 'HEAD', keptCopies))
        return 'CONTINUE'
      },
      sendResponse(ctx) {
        const { request, response } = ctx
        const compressed = standing.get(response)
        if (!compressed) return
        const decision = decide(request, response)
        if (!decision) return
        ctx.trace('urlCompression', decision.scheme)
        compressed.begin(decision, `${request.headers.host ?? ''}${originalUrl(ctx)}`)
      },
    }
  },
})
