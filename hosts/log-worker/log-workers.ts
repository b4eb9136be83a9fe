/** The log modules of a server: each has a stage in the listener that collects, and a worker of its own that writes. */
import { randomUUID } from 'node:crypto'
import { defineStage, type RequestContext, type SiteConfig, type StageModule } from '../../core/index.js'
import type { LoadedLog } from '../../core/registry/loaded.js'
import { Collector } from './collector.js'
import { Delivery } from './delivery.js'
import { startAfter, startLogThread, type StartLogThread } from './log-thread.js'
import { Troubles } from './troubles.js'

export class LogWorkers {
  /** Names this start of the server in every batch. */
  private readonly source = randomUUID()
  private readonly open: (() => Promise<void>)[] = []
  private closed: Promise<void> | undefined

  /** The stage that stands in slot `log` for a module. */
  readonly stageOf = ({ name, module, file, options, logWorker }: LoadedLog): StageModule =>
    defineStage({
      name,
      slot: 'log',
      setup: ({ config: { directory }, clock, events, onClose, predecessorEnded }) => {
        const { headers } = module
        const { source } = this
        const start = { name, file, options, headers, directory, source }
        const startThread: StartLogThread = (observer) =>
          startLogThread(start, logWorker.maxOldGenerationSizeMb, observer)
        const delivery = new Delivery({
          // What a log module writes to may bear no second one: batches wait until the other server's has ended.
          start: predecessorEnded ? startAfter(predecessorEnded, startThread) : startThread,
          clock,
          troubles: new Troubles(name, events),
          limits: logWorker,
        })
        const collector = new Collector(headers, clock, (batch) => {
          delivery.add(batch)
        })
        this.open.push(() => {
          collector.flush()
          return delivery.close()
        })
        onClose(() => this.close())
        return {
          run(ctx: RequestContext) {
            if (ctx.site === null || wants(ctx.site.config, name)) collector.add(ctx)
            return 'CONTINUE'
          },
        }
      },
    })

  /** All at once: what stalls takes its time only once. */
  private close(): Promise<void> {
    if (this.closed) return this.closed
    // Nothing else may be left that keeps the process from ending in the midst of it.
    const awake = setInterval(() => undefined, 60_000)
    this.closed = Promise.all(this.open.map((close) => close())).then(() => {
      clearInterval(awake)
    })
    return this.closed
  }
}

const wants = ({ logFile }: SiteConfig, name: string): boolean =>
  logFile.enabled && (logFile.modules === undefined || logFile.modules.includes(name))
