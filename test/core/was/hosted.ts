/** WAS, its namespace and the standard stages, with a clock turned by hand and workers whose every word a test speaks. */
import { ManualClock } from '../../../core/clock.js'
import { build } from '../../../core/config/build.js'
import type { ServerEvent } from '../../../core/contract/events.js'
import {
  PROTOCOL_VERSION,
  ResponseFlags,
  ToListener,
  ToWorker,
  type Batch,
  type WorkerSettings,
} from '../../../core/contract/messages.js'
import type { FileWatch } from '../../../core/contract/machine.js'
import type { ModuleScope } from '../../../core/contract/stage.js'
import type {
  WorkerEnd,
  WorkerHandle,
  WorkerHost,
  WorkerObserver,
  WorkerStart,
} from '../../../core/contract/worker-host.js'
import { Namespace } from '../../../core/namespace/namespace.js'
import type { RequestContext } from '../../../core/pipeline/request-context.js'
import type { ApplicationPool } from '../../../core/was/pool.js'
import { ActivationService } from '../../../core/was/service.js'
import dispatchModule from '../../../modules/dispatch/dispatch-stage.js'
import queueModule from '../../../modules/queue/queue-stage.js'
import { messagesToWorker } from '../handover/messages.js'
import { Drive, type Asked } from '../pipeline/drive.js'

const queueStage = await queueModule.setup({} as ModuleScope, {})
const dispatchStage = await dispatchModule.setup({} as ModuleScope, {})

/** As core/contract/worker-host.ts has it: `ended` comes once and last, never before `start` has returned. */
export class HandWorker implements WorkerHandle {
  readonly id: number
  readonly pool: string
  readonly lanes: number
  killed = false
  abandoned = false
  /** A process of its own, if a test says so. */
  pid: number | undefined = undefined
  private readonly observer: WorkerObserver
  private readonly batches: Batch[][]
  private alive = true

  constructor({ id, pool }: WorkerStart, observer: WorkerObserver) {
    this.id = id
    this.pool = pool.name
    this.lanes = pool.processModel.threads
    this.observer = observer
    this.batches = Array.from({ length: this.lanes }, () => [])
  }

  post(lane: number, batch: Batch): void {
    if (this.alive) this.batches[lane]?.push(batch)
  }

  /** It is gone at the end of the tick, unless it ends before. */
  kill(): void {
    this.killed = true
    void Promise.resolve().then(() => {
      this.end({ kind: 'killed' })
    })
  }

  abandon(): void {
    this.abandoned = true
  }

  // --- what a test makes it do

  /** All messages that came since it was last asked. */
  async heard(lane = 0): Promise<unknown[][]> {
    await turn()
    return this.batches[lane]?.splice(0).flatMap(messagesToWorker) ?? []
  }

  say(batch: Batch, lane = 0): void {
    if (this.alive) this.observer.received(lane, batch)
  }

  ready(): void {
    for (let lane = 0; lane < this.lanes; lane++) this.say([ToListener.READY, PROTOCOL_VERSION], lane)
  }

  end(end: WorkerEnd): void {
    if (!this.alive) return
    this.alive = false
    this.observer.ended(end)
  }

  answer(ctx: RequestContext, lane = 0): void {
    this.say([ToListener.RESPONSE, ctx.exchange, ResponseFlags.END, 200, 'HTTP/1.1 200 OK\r\n\r\n'], lane)
  }

  async settings(lane = 0): Promise<WorkerSettings> {
    const [start] = await this.heard(lane)
    if (start?.[0] !== ToWorker.START)
      throw new Error(`Worker ${this.id} was told ${String(start?.[0])} first`)
    return start[1] as WorkerSettings
  }
}

/** Lets a tick's batches leave, and promises be heard. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

export class Hosted {
  readonly clock = new ManualClock(1_000_000)
  readonly events: ServerEvent[] = []
  readonly namespace = new Namespace()
  readonly started: HandWorker[] = []
  readonly service: ActivationService
  readonly drive: Drive
  /** What the machine says: percent, and 0 to 1. */
  memoryInUse = 50
  random = 0
  /** The files that were last asked to be watched, while they are. */
  watch: FileWatch | null = null

  /** @param pools - as `applicationPools` has them; each gets a site of its own, at the host of its name. */
  constructor(pools: readonly ({ name: string } & Record<string, unknown>)[], more: object = {}) {
    const sites = pools.map(({ name }) => ({
      name,
      bindings: [{ protocol: 'http', bindingInformation: `*:80:${name}` }],
      applications: [
        { path: '/', module: 'app.js', applicationPool: name },
        { path: '/shop', module: 'shop.js', applicationPool: name },
      ],
    }))
    const host: WorkerHost = {
      name: 'inline',
      start: (start, observer) => {
        const worker = new HandWorker(start, observer)
        this.started.push(worker)
        return worker
      },
    }
    this.service = new ActivationService({
      config: build({ applicationPools: pools, sites, ...more }, '/srv/applicationHost.json'),
      namespace: this.namespace,
      hostOf: () => host,
      clock: this.clock,
      events: { write: (event) => this.events.push(event) },
      machine: {
        memoryInUse: () => this.memoryInUse,
        random: () => this.random,
        watchFiles: (watch) => {
          this.watch = watch
          return () => {
            this.watch = null
          }
        },
      },
      adapters: [],
    })
    this.drive = new Drive({
      route: {
        run: (ctx) => {
          const { localAddress, localPort } = ctx.connection
          const { application } = this.namespace.find(
            localAddress,
            localPort,
            ctx.header('host') ?? '',
            ctx.target,
          )
          ctx.application = application
          ctx.queue = application?.queue ?? null
          return 'CONTINUE'
        },
      },
      queue: queueStage,
      dispatch: dispatchStage,
    })
    this.service.start(({ port }) => port)
  }

  pool(name: string): ApplicationPool {
    const pool = this.service.pools.get(name)
    if (!pool) throw new Error(`No pool ${name}`)
    return pool
  }

  /** A request to the application of `pool` at `target`, on a connection of its own. */
  ask(pool: string, target = '/', asked: Asked = {}): RequestContext {
    return this.drive.start({ target, headers: ['Host', pool], ...asked })
  }

  /** The worker that was started last. */
  get worker(): HandWorker {
    const worker = this.started.at(-1)
    if (!worker) throw new Error('No worker was started')
    return worker
  }

  /** Event ids, without those that IIS does not have. */
  get ids(): number[] {
    return this.events.map(({ id }) => id).filter((id) => id !== 0)
  }

  get states(): string[] {
    return [...this.service.pools.values()].flatMap((pool) => [...pool.workers].map(({ state }) => state))
  }
}
