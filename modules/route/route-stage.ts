/** The standard stage of slot `route`: finds the site, the application and the queue of its pool for a request. */
import { defineStage, RequestError, type RequestContext, type ModuleScope } from '../../core/index.js'
import { checkAccess, redirectToHttps } from './access.js'

export default defineStage({
  name: 'route',
  slot: 'route',
  setup: ({ namespace }) => ({
    run(ctx) {
      return route(ctx, namespace) ? 'CONTINUE' : 'FINISH'
    },
  }),
})

/** What of a request this stage reads and fills in. */
export type Request = Pick<
  RequestContext,
  'host' | 'path' | 'url' | 'method' | 'respond' | 'site' | 'application' | 'queue'
> & {
  readonly connection: Pick<RequestContext['connection'], 'localAddress' | 'localPort' | 'encrypted' | 'tls'>
}

/**
 * Afterwards `site`, `application` and `queue` are set; `site` also where only the path was wrong. False where the site sends
 * its clients elsewhere: then the response is set.
 *
 * @throws RequestError `BAD_HOST` where no site has the host, `TOO_MANY_SEGMENTS` over the site's `maxUrlSegments`,
 * `NOT_FOUND` where the site has no application at the path, and what `checkAccess` throws.
 */
export const route = (ctx: Request, namespace: ModuleScope['namespace']): boolean => {
  const { localAddress, localPort } = ctx.connection
  const { site, application } = namespace.find(localAddress, localPort, ctx.host, ctx.path)
  if (!site) throw new RequestError('BAD_HOST')
  ctx.site = site
  if (redirectToHttps(ctx, site)) return false
  if (hasMoreSegments(ctx.path, site.config.limits.maxUrlSegments))
    throw new RequestError('TOO_MANY_SEGMENTS')
  if (!application) throw new RequestError('NOT_FOUND')
  ctx.application = application
  ctx.queue = application.queue
  checkAccess(ctx, application)
  return true
}

/** Whether a normal path has more than `most` segments (0 = no limit); an empty one behind a last slash does not count. */
export const hasMoreSegments = (path: string, most: number): boolean => {
  // A segment takes two characters at least.
  if (path.length <= 2 * most + 1 || most === 0) return false
  let slash = 0
  for (let count = 0; count < most; count++) {
    slash = path.indexOf('/', slash + 1)
    if (slash < 0) return false
  }
  return slash + 1 < path.length
}
