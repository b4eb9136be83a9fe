/** `rewrite`: other URLs in place of those that clients ask for, and redirects (IIS: URL Rewrite). */
import { defineModule } from '../../../core/index.js'
import { options } from './options.js'
import { outboundOf } from './outbound.js'
import { mapsOf, rulesOf } from './rules.js'

export default defineModule({
  name: 'rewrite',
  options,
  perClient: ({ rules, outboundRules }) => looksAtClients({ rules, outboundRules }),
  setup(_scope, { rules, rewriteMaps, outboundRules, allowSlowPatterns }) {
    const maps = mapsOf(rewriteMaps)
    const outbound = outboundOf(outboundRules, maps, allowSlowPatterns)
    return {
      ...(rules.some(({ enabled }) => enabled)
        ? { beginRequest: rulesOf(rules, maps, allowSlowPatterns) }
        : {}),
      ...(outbound ? { sendResponse: outbound } : {}),
    }
  },
})

/** What is the same for all who ask for one URL: the listener's copies are kept by it. */
const BY_URL =
  /^(HTTP_HOST|HTTP_URL|QUERY_STRING|REQUEST_(FILENAME|URI|METHOD)|URL|UNENCODED_URL|PATH_\w+|SCRIPT_\w+|HTTPS|SERVER_\w+|LOCAL_ADDR|APPL_\w+|INSTANCE_\w+|RESPONSE_\w+)$/i

const looksAtClients = (options: object): boolean =>
  [...JSON.stringify(options).matchAll(/\{([\w-]+)\}/g)].some(([, name = '']) => !BY_URL.test(name))
