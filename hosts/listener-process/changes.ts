/** Tells all listener processes what is not true any more, and waits until each of them has forgotten it. */
import type { FlushTarget, RequestContext } from '../../core/index.js'
import type { NamedStage } from '../../core/pipeline/listener-steps.js'
import type { ChangingRequest } from './messages.js'
import { RemoteRequest } from './remote-request.js'

/** Methods that change nothing by definition (RFC 9110 section 9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** A request that has changed something, or what the administrator has asked for. */
export type Untrue =
  | { readonly kind: 'changed'; readonly request: ChangingRequest }
  | { readonly kind: 'flush'; readonly what: FlushTarget | undefined }

interface Waiting {
  left: number
  readonly done: () => void
}

export class Changes {
  /** The last stage of slot `cache`: its second half runs behind that of the server's cache. */
  readonly named: NamedStage
  private readonly waiting = new Map<number, Waiting>()
  private readonly tell: (what: Untrue, number: number) => number
  private lastNumber = 0

  /** @param tell - answers how many processes have been told, each of which will say that it has forgotten */
  constructor(tell: (what: Untrue, number: number) => number) {
    this.tell = tell
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
          const waits = this.ask({ kind: 'changed', request }, () => {
            // Its client may have gone meanwhile.
            if (ctx.state === 'store') ctx.resume('CONTINUE')
          })
          return waits ? 'PENDING' : 'CONTINUE'
        },
      },
    }
  }

  /** Resolves when no process keeps it any more. */
  flush(what: FlushTarget | undefined): Promise<void> {
    return new Promise((resolve) => {
      if (!this.ask({ kind: 'flush', what }, resolve)) resolve()
    })
  }

  /** A process has forgotten, or has ended. */
  forgotten(number: number): void {
    const waiting = this.waiting.get(number)
    if (!waiting || --waiting.left > 0) return
    this.waiting.delete(number)
    waiting.done()
  }

  /** Answers whether there is anybody to wait for. */
  private ask(what: Untrue, done: () => void): boolean {
    const number = ++this.lastNumber
    const left = this.tell(what, number)
    if (left > 0) this.waiting.set(number, { left, done })
    return left > 0
  }
}

const changing = (ctx: RequestContext): ChangingRequest | null => {
  const { site, application, connection, response } = ctx
  if (!site || !application) return null
  const { raw } = response
  const text = raw === null ? '' : typeof raw === 'string' ? raw : Buffer.from(raw).toString('latin1')
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
