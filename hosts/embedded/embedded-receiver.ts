/** Takes requests out of a queue and gives them, as node's own objects, to a handler in the same process. */
import type { RequestListener } from 'node:http'
import { defineAdapter, type EventLog } from '../../core/index.js'
import { ToWorker, type ApplicationSettings, type Batch } from '../../core/contract/messages.js'
import { WorkerReceiver } from '../../core/handover/worker-receiver.js'
import type { Application } from '../../core/namespace/application.js'
import type { RequestQueue } from '../../core/queue/request-queue.js'
import { Runtime } from '../runtime/runtime.js'

const HANDLER = 'handler'
const STARTUP_TIME_LIMIT = 90_000

export class EmbeddedReceiver {
  private readonly queue: RequestQueue
  private readonly receiver: WorkerReceiver
  private tellDrained: () => void = () => undefined

  /** @param concurrent - requests that the handler gets before it has answered one. */
  constructor(queue: RequestQueue, handler: RequestListener, concurrent: number, events: EventLog) {
    this.queue = queue
    // A tick of their own: what the handler throws never passes through the listener's code.
    const runtime = new Runtime({
      post: (batch) => {
        process.nextTick(toListener, batch)
      },
      adapters: [defineAdapter({ name: HANDLER, needsModule: false, adapt: () => ({ handle: handler }) })],
      onDrained: () => {
        this.tellDrained()
      },
    })
    const toListener = (batch: Batch): void => {
      this.receiver.receive(batch)
    }
    const toHandler = (batch: Batch): void => {
      runtime.receive(batch)
    }
    this.receiver = new WorkerReceiver({
      queue,
      credits: concurrent,
      post: (batch) => {
        process.nextTick(toHandler, batch)
      },
      observer: {
        ready: () => {
          queue.attach(this.receiver)
        },
        drained: () => undefined,
        applicationFailed: () => undefined,
        pong: () => undefined,
        event: (event) => {
          events.write(event)
        },
        illFormed: (what) => {
          throw new Error(`What runs the handlers sent something that is no message: ${what}`)
        },
      },
      settingsOf,
    })
    const settings = {
      workerId: 1,
      pool: queue.name,
      startupTimeLimit: STARTUP_TIME_LIMIT,
      startsBy: Infinity,
      pinged: false,
      applications: [],
      adapters: [],
    }
    this.receiver.tell([ToWorker.START, settings])
  }

  /** Takes no more; resolves when all that it has taken is answered, or after `limit` milliseconds. */
  close(limit: number): Promise<void> {
    this.queue.detach(this.receiver)
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limit)
      this.tellDrained = () => {
        clearTimeout(timer)
        resolve()
      }
      this.receiver.drain(Date.now() + limit, 'its queue is closed')
    })
  }
}

const settingsOf = ({ id, path, site, queue }: Application): ApplicationSettings => ({
  id,
  name: path,
  site: site.name,
  siteId: site.id,
  pool: queue.name,
  mount: '',
  pathBase: 'keep',
  type: HANDLER,
  module: undefined,
  physicalPath: process.cwd(),
  environment: {},
  options: {},
  accessPolicy: ['Read', 'Script'],
  handlers: [],
  filters: [],
  modules: [],
  warmUp: [],
  port: site.port,
})
