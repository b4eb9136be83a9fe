/** Who has registered which URL prefix, and the stage that finds the one for a request. */
import { defineStage, RequestError, type RequestContext } from '../../core/index.js'
import type { Application, Site } from '../../core/namespace/application.js'
import { Namespace } from '../../core/namespace/namespace.js'
import { categories, type Category, type UrlPrefix } from './url-prefix.js'

export class Registrations {
  private readonly byCategory: Readonly<Record<Category, Namespace>> = {
    strong: new Namespace(),
    explicit: new Namespace(),
    weak: new Namespace(),
  }

  /** @throws NamespaceConflictError where somebody has this very prefix (ERROR_ALREADY_EXISTS). */
  add({ category, host, port, path }: UrlPrefix, site: Site, application: Application): void {
    this.byCategory[category].register({ address: '*', port, host }, site, path, application)
  }

  remove({ category, host, port, path }: UrlPrefix): void {
    this.byCategory[category].unregister({ address: '*', port, host }, path)
  }

  /** Stands in slot `route`: the longest prefix of the first category that has one. */
  readonly stage = defineStage({
    name: 'route',
    slot: 'route',
    setup: () => ({
      run: (ctx: RequestContext) => {
        this.route(ctx)
        return 'CONTINUE'
      },
    }),
  })

  private route(ctx: RequestContext): void {
    const { localAddress, localPort } = ctx.connection
    for (const category of categories) {
      const { site, application } = this.byCategory[category].find(
        localAddress,
        localPort,
        ctx.host,
        ctx.path,
      )
      ctx.site ??= site
      if (!application) continue
      ctx.application = application
      ctx.queue = application.queue
      return
    }
    throw new RequestError(ctx.site ? 'NOT_FOUND' : 'BAD_HOST')
  }
}
