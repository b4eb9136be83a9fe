/** What a worker is given by its pool, and what it tells it. */
import type { Clock } from '../clock.js'
import type { PoolConfig, ServerConfig } from '../contract/config.js'
import type { EventLog } from '../contract/events.js'
import type { AdapterSettings, ApplicationSettings } from '../contract/messages.js'
import type { WorkerEnd, WorkerHost } from '../contract/worker-host.js'
import type { Application } from '../namespace/application.js'
import type { RequestQueue } from '../queue/request-queue.js'
import type { Allowance } from './ageing.js'
import type { HistoryEntry } from './history.js'
import type { RecycleReason } from './recycling.js'
import type { WorkerState } from './states.js'

/** How a worker's life went, for its pool; `unfit`: it came up, but without an application that its predecessor has. */
export type WorkerOutcome = 'stopped' | 'failed' | 'neverReady' | 'unfit'

/** A worker whose applications its replacement must be able to load as well. */
export interface Predecessor {
  readonly id: number
  readonly state: WorkerState
  readonly applications: readonly Application[]
  /** Ids of those of them that it could not load itself. */
  readonly failedApplications: ReadonlySet<number>
}

export interface WorkerOptions {
  readonly id: number
  /** Its place in the web garden, from 1. */
  readonly place: number
  /** Why it is started. */
  readonly reason: string
  readonly config: Pick<ServerConfig, 'isolationMode'>
  readonly pool: PoolConfig
  readonly queue: RequestQueue
  readonly host: WorkerHost
  readonly clock: Clock
  readonly events: EventLog
  /** Applications that requests are waiting for: loaded before the worker says that it is ready. */
  readonly wanted: readonly Application[]
  /** The worker that serves until this one is ready. */
  readonly replaces: Predecessor | undefined
  readonly adapters: readonly AdapterSettings[]
  readonly settingsOf: (application: Application) => ApplicationSettings
  /** Kept for whoever asks afterwards. */
  readonly remember: (entry: HistoryEntry) => void
  /** What it may do before it is replaced the first time. */
  readonly first: Allowance
  /** It has become old. */
  readonly onOld: (reason: RecycleReason, evidence?: Readonly<Record<string, unknown>>) => void
  readonly onReady: () => void
  /** It takes no more requests from now on, though it has not ended. */
  readonly onCondemned: () => void
  /** idleTimeout in milliseconds, as it is at the moment; 0 is never. */
  readonly idleTimeout: () => number
  readonly onIdle: () => void
  /** It was cut off instead of ended, and `onEnded` follows at once; `end` ends it. */
  readonly onOrphaned: (reason: string, pid: number | undefined, end: () => void) => void
  readonly onOrphanEnded: () => void
  readonly onEnded: (outcome: WorkerOutcome, end: WorkerEnd) => void
}
