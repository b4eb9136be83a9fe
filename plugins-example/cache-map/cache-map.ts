/** A cache stage on a plain Map: keeps what the application allows with max-age, and forgets the oldest when it is full. */
import { Type } from 'typebox'
import { changesResponses, defineStage, type RequestContext } from 'webgarden'
import { ageLimit, takeApart } from './response.js'

interface Entry extends Pick<RequestContext, 'site' | 'application'> {
  readonly headers: readonly string[]
  readonly body: Buffer
  readonly storedAt: number
  readonly expiresAt: number
}

/** The local address and port belong to it: two sites may differ in nothing else. */
const keyOf = ({ connection, host, url }: RequestContext): string =>
  `${connection.localAddress} ${connection.localPort} ${host}${url}`

/** Whoever shows credentials, or asks for something fresh, gets his answer from the application. */
const isForCache = (ctx: RequestContext): boolean =>
  ctx.method === 'GET' &&
  ctx.header('authorization') === undefined &&
  ctx.header('cache-control') === undefined

export default defineStage({
  name: 'cache-map',
  slot: 'cache',
  options: Type.Object({
    maxEntries: Type.Integer({ minimum: 1, default: 1000, description: 'Responses that are kept.' }),
  }),

  setup({ clock }, { maxEntries }) {
    const entries = new Map<string, Entry>()
    return {
      configure(_config, changes) {
        if (changesResponses(changes)) entries.clear()
      },

      run(ctx) {
        const entry = isForCache(ctx) ? entries.get(keyOf(ctx)) : undefined
        const now = clock.now()
        if (!entry || entry.expiresAt <= now) return 'CONTINUE'
        // The route stage will not run: the log learns from here whose request this was.
        ctx.site = entry.site
        ctx.application = entry.application
        const age = String(Math.floor((now - entry.storedAt) / 1000))
        ctx.respond(200, [...entry.headers, 'Age', age], entry.body)
        ctx.response.fromCache = true
        return 'FINISH'
      },

      store(ctx) {
        const key = keyOf(ctx)
        // A successful POST, PUT or DELETE makes what is kept under the same URL stale.
        if (ctx.method !== 'GET' && ctx.method !== 'HEAD') entries.delete(key)
        if (!isForCache(ctx) || ctx.application?.config.caching.enabled === false) return
        const response = takeApart(ctx.response)
        const seconds = response ? ageLimit(response.headers) : 0
        if (!response || seconds === 0) return
        const storedAt = clock.now()
        entries.delete(key)
        // A Map keeps its keys in the order in which they came: the first is the oldest.
        const [oldest] = entries.keys()
        if (oldest !== undefined && entries.size >= maxEntries) entries.delete(oldest)
        entries.set(key, {
          ...response,
          site: ctx.site,
          application: ctx.application,
          storedAt,
          expiresAt: storedAt + seconds * 1000,
        })
      },

      flush() {
        entries.clear()
      },
    }
  },
})
