/** A request listener that passes every request through a worker's own messages and objects, in one process. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { RequestContext, systemClock, type HttpVersion, type ServerEvent } from '../../core/index.js'
import type { ApplicationSettings } from '../../core/contract/messages.js'
import { Pipeline } from '../../core/pipeline/pipeline.js'
import { shareHeaders } from '../../core/pipeline/share-headers.js'
import { FieldWriter } from '../listener/field-writer.js'
import { clientKeepsAlive } from '../listener/node-response.js'
import type { KnownExtensions } from '../runtime/integrated/find-extension.js'
import { BridgeConnection } from './bridge-connection.js'
import { InProcessWorker } from './in-process-worker.js'

/** What `applicationHost.json` would say of the application; see there for each. */
export interface BridgeOptions {
  /** Name of the adapter; found from the application where left out. */
  readonly type?: string
  /** Where it is mounted: `/shop`, or `/` (the default). */
  readonly path?: string
  readonly pathBase?: 'strip' | 'keep'
  readonly physicalPath?: string
  readonly options?: Readonly<Record<string, unknown>>
  /** Milliseconds that the application may take to load; default 90 s. */
  readonly startupTimeLimit?: number
  /** What the application lists beside its own code. */
  readonly extensions?: Pick<ApplicationSettings, 'handlers' | 'filters' | 'modules'> & {
    /** The definitions, by the names of their entries. */
    readonly known: KnownExtensions
  }
  /** Gets what a worker would have in the event log: that the application cannot be loaded, say. Default: `console.error`. */
  readonly onEvent?: (event: ServerEvent) => void
}

export interface Bridge extends RequestListener {
  /** For `server.on('checkContinue', ...)`: leaves the answer to `Expect: 100-continue` to the application. */
  readonly checkContinue: RequestListener
  /** Lets the requests under way finish and closes the application. */
  close(): Promise<void>
}

/**
 * `http.createServer(bridge(app))` answers as webgarden would that hosts `app` in a worker of its own: the same messages,
 * copied as between threads, the same stand-in socket, the same request and response objects.
 *
 * @param app - what the application's module would export: a Fastify instance, a function (request, response), an object
 * with a fetch method, an http.Server, or a function that makes one of them.
 */
export const bridge = (app: unknown, options: BridgeOptions = {}): Bridge => {
  const settings = settingsOf(options)
  const worker = new InProcessWorker(app, settings, options)
  const pipeline = new Pipeline(worker.chains, { write: worker.onEvent }, systemClock)
  pipeline.onDone = (ctx) => {
    ;(ctx.connection as BridgeConnection).done(ctx)
  }
  const take = (incoming: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    const connection = BridgeConnection.of(incoming.socket, pipeline)
    const ctx = new RequestContext(
      pipeline,
      connection,
      new FieldWriter(response),
      incoming.method ?? '',
      incoming.url ?? '',
      incoming.httpVersion as HttpVersion,
      incoming.rawHeaders,
      hasBody(incoming) ? incoming : null,
      clientKeepsAlive(response),
      expectsContinue,
      systemClock.now(),
    )
    shareHeaders(ctx)
    ctx.url = ctx.target
    response.once('close', () => {
      if (!response.writableFinished) connection.abandon(ctx)
    })
    connection.accept(ctx)
  }
  return Object.assign(
    (incoming: IncomingMessage, response: ServerResponse) => {
      take(incoming, response, false)
    },
    {
      checkContinue: (incoming: IncomingMessage, response: ServerResponse) => {
        take(incoming, response, true)
      },
      close: () => worker.close(),
    },
  )
}

const settingsOf = (options: BridgeOptions): ApplicationSettings => ({
  id: 1,
  name: options.path ?? '/',
  site: 'bridge',
  siteId: 1,
  pool: 'bridge',
  mount: options.path === '/' ? '' : (options.path ?? ''),
  pathBase: options.pathBase ?? 'strip',
  type: options.type,
  module: undefined,
  physicalPath: options.physicalPath ?? process.cwd(),
  environment: {},
  options: options.options ?? {},
  accessPolicy: ['Read', 'Script'],
  handlers: options.extensions?.handlers ?? [],
  filters: options.extensions?.filters ?? [],
  modules: options.extensions?.modules ?? [],
  warmUp: [],
  port: 0,
})

/** Whether the head announces a body (RFC 9112 section 6.3). */
const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
