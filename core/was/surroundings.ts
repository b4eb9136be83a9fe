/** What a pool needs of the server around it. */
import type { Clock } from '../clock.js'
import type { Balance } from '../contract/balancer.js'
import type { PoolConfig, ServerConfig } from '../contract/config.js'
import type { EventLog } from '../contract/events.js'
import type { Machine } from '../contract/machine.js'
import type { AdapterSettings, ApplicationSettings } from '../contract/messages.js'
import type { WorkerHost } from '../contract/worker-host.js'
import type { Application } from '../namespace/application.js'
import type { RequestQueue } from '../queue/request-queue.js'
import type { MemoryPressure } from './memory-pressure.js'
import type { Orphans } from './orphans.js'

export interface PoolSurroundings {
  /** What the workers of a pool run in. */
  readonly hostOf: (pool: PoolConfig) => WorkerHost
  readonly clock: Clock
  readonly events: EventLog
  readonly machine: Machine
  /** What is in force now. */
  config: ServerConfig
  /** The queues of all pools where they share one limit (IIS 5 mode). */
  readonly together: RequestQueue[] | undefined
  readonly adapters: readonly AdapterSettings[]
  /** Which worker of a garden gets a request; null is the next in turn. */
  readonly balanceOf: (pool: PoolConfig) => Balance | null
  readonly pressure: MemoryPressure
  readonly orphans: Orphans
  readonly settingsOf: (application: Application) => ApplicationSettings
  /** The applications whose requests wait in this queue. */
  applicationsOf(queue: RequestQueue): Iterable<Application>
  /** Counts up over all pools. */
  nextWorkerId(): number
  /** Workers of all pools that have not ended. */
  countWorkers(): number
}
