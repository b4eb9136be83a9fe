/** A worker without a thread: a runtime and the listener's receiver, and between them batches that are really copied. */
import { defineAdapter, type AdapterModule, type RequestContext, type ServerEvent } from '../../core/index.js'
import { ToWorker, type ApplicationSettings, type Batch } from '../../core/contract/messages.js'
import { WorkerReceiver } from '../../core/handover/worker-receiver.js'
import type { Application } from '../../core/namespace/application.js'
import type { Chains } from '../../core/pipeline/listener-steps.js'
import { RequestQueue } from '../../core/queue/request-queue.js'
import { standardAdapters } from '../adapters/standard.js'
import { Runtime } from '../runtime/runtime.js'
import type { BridgeOptions } from './bridge.js'

/** As the pool's default startupTimeLimit. */
const STARTUP_TIME_LIMIT = 90_000

/** Milliseconds that `close` gives the application. */
const SHUTDOWN_TIME_LIMIT = 90_000

export class InProcessWorker {
  /** The only two things a request passes: its application is named, and the worker has it. */
  readonly chains: Chains
  readonly onEvent: (event: ServerEvent) => void
  private readonly receiver: WorkerReceiver
  private drained: () => void = () => undefined

  constructor(app: unknown, settings: ApplicationSettings, options: BridgeOptions) {
    this.onEvent = options.onEvent ?? print
    const runtime = new Runtime({
      post: (batch, transfer) => {
        this.receiver.receive(copy(batch, transfer))
      },
      adapters: [adapterOf(app, settings)],
      modules: options.extensions?.known ?? {},
      onDrained: () => {
        this.drained()
      },
    })
    this.receiver = new WorkerReceiver({
      queue: new RequestQueue('bridge', 0),
      credits: Infinity,
      post: (batch, transfer) => {
        runtime.receive(copy(batch, transfer))
      },
      observer: {
        ready: () => undefined,
        drained: () => undefined,
        applicationFailed: () => undefined,
        pong: () => undefined,
        event: this.onEvent,
        illFormed: (what) => {
          throw new Error(`The runtime sent something that is no message: ${what}`)
        },
      },
      settingsOf: () => settings,
    })
    const application = { id: settings.id } as Application
    this.receiver.knows(application)
    this.receiver.tell([
      ToWorker.START,
      {
        workerId: 1,
        pool: settings.pool,
        startupTimeLimit: options.startupTimeLimit ?? STARTUP_TIME_LIMIT,
        startsBy: Infinity,
        pinged: false,
        applications: [{ ...settings, type: BRIDGED }],
        adapters: [],
      },
    ])
    this.chains = chainsTo(this.receiver, application)
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.drained = resolve
      this.receiver.drain(Date.now() + SHUTDOWN_TIME_LIMIT, 'the bridge was closed')
    })
  }
}

const BRIDGED = 'bridged'

/** Loads nothing: takes the object at hand for what a module has exported, and leaves it to the standard adapters. */
const adapterOf = (app: unknown, { type }: ApplicationSettings): AdapterModule =>
  defineAdapter({
    name: BRIDGED,
    needsModule: false,
    async adapt(input) {
      const exports = { default: app }
      const bridged = { ...input, exports, application: { ...input.application, type } }
      const adapters = await standardAdapters()
      const adapter = adapters.find((one) =>
        type === undefined ? one.recognises?.(bridged) : one.name === type,
      )
      if (adapter) return adapter.adapt(bridged, input.application.options)
      throw new Error(
        type === undefined
          ? 'bridge() was given nothing that can answer requests: it takes a Fastify instance, a function (request, ' +
              'response), an object with a fetch method or an http.Server'
          : `There is no adapter "${type}"`,
      )
    },
  })

const chainsTo = (receiver: WorkerReceiver, application: Application): Chains => ({
  validate: [],
  cache: [],
  route: [],
  queue: [],
  dispatch: [
    {
      name: 'bridge',
      stage: {
        run(ctx: RequestContext) {
          ctx.application = application
          receiver.take(ctx)
          receiver.send(ctx)
          return 'PENDING'
        },
        cancel(ctx: RequestContext) {
          receiver.cancel(ctx)
        },
      },
    },
  ],
  log: [],
})

/** Nothing that would not cross a thread survives. */
const copy = (batch: Batch, transfer: ArrayBuffer[] | undefined): Batch =>
  structuredClone(batch, { transfer: transfer ?? [] })

const print = ({ level, text, facts }: ServerEvent): void => {
  // eslint-disable-next-line no-console -- whoever bridges an application has no event log
  console.error(`${level}: ${text}`, facts ?? '')
}
