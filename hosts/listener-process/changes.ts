/** Tells all listener processes of requests that have changed something, before their clients hear of it. */
import type { RequestContext } from '../../core/index.js'
import type { NamedStage } from '../../core/pipeline/listener-steps.js'
import type { ChangingRequest } from './messages.js'
import { RemoteRequest } from './remote-request.js'

/** Methods that change nothing by definition (RFC 9110 section 9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

export class Changes {
  /** The last stage of slot `cache`: its second half runs behind that of the server's cache. */
  readonly named: NamedStage
  /** Responses that wait until nobody can be shown what was before. */
  private readonly waiting = new Map<number, { readonly ctx: RequestContext; left: number }>()
  private lastNumber = 0

  /** @param tell - answers how many processes have been told, each of which will say that it has forgotten */
  constructor(tell: (request: ChangingRequest, number: number) => number) {
    this.named = {
      name: 'listener processes',
      stage: {
        repeatable: true,
        run: () => 'CONTINUE',
        store: (ctx) => {
          if (ctx.writer instanceof RemoteRequest) ctx.writer.storable = true
          const { status } = ctx.response
          if (SAFE.has(ctx.method) || status < 200 || status >= 400) return 'CONTINUE'
          const request = changing(ctx)
          if (!request) return 'CONTINUE'
          const number = ++this.lastNumber
          const left = tell(request, number)
          if (left === 0) return 'CONTINUE'
          this.waiting.set(number, { ctx, left })
          return 'PENDING'
        },
      },
    }
  }

  forgotten(number: number): void {
    const waiting = this.waiting.get(number)
    if (!waiting || --waiting.left > 0) return
    this.waiting.delete(number)
    // Its client may have gone meanwhile.
    if (waiting.ctx.state === 'store') waiting.ctx.resume('CONTINUE')
  }
}

const changing = (ctx: RequestContext): ChangingRequest | null => {
  const { site, application, connection, response } = ctx
  const { raw } = response
  if (!site || !application || raw === null) return null
  const text = typeof raw === 'string' ? raw : Buffer.from(raw).toString('latin1')
  return {
    application: { site: site.name, path: application.path },
    method: ctx.method,
    target: ctx.target,
    host: ctx.host,
    url: ctx.url,
    rawHeaders: ctx.rawHeaders,
    localAddress: connection.localAddress,
    localPort: connection.localPort,
    encrypted: connection.encrypted,
    status: response.status,
    head: text.slice(0, text.indexOf('\r\n\r\n') + 4),
  }
}
