/** What a worker is to WAS, whatever it runs in: a thread, a child process, the listener's own thread. */
import type { Batch } from './messages.js'
import type { PoolConfig } from './config.js'

/** Why a worker ended, and the evidence. `stopped` is the only peaceful one. */
export interface WorkerEnd {
  readonly kind: 'stopped' | 'crashed' | 'exited' | 'outOfMemory' | 'killed' | 'orphaned'
  readonly exitCode?: number
  readonly error?: Error
}

/** Name of the error of a worker that did not start because of its account: it lacks permission, or could not be taken. */
export const IDENTITY_ERROR = 'IdentityError'

/** What a host tells about the worker it runs. Called never before `start` has returned, `ended` exactly once and last. */
export interface WorkerObserver {
  /** One batch from one lane of the worker, as posted. */
  received(lane: number, batch: Batch): void
  /** It has failed, and does not end, since a debugger is attached to it; `ended` follows when that lets go. */
  held?(end: WorkerEnd): void
  ended(end: WorkerEnd): void
}

/** One running worker, seen from the listener's side. Posting to one that has ended does nothing. */
export interface WorkerHandle {
  /** Event loops inside this worker that take requests; each is spoken to on a lane of its own, from 0. */
  readonly lanes: number
  /** Process that it runs in, where that is one of its own; absent where it lives in the server's. */
  readonly pid?: number | undefined
  /** Milliseconds of processor time since its start, where the host can tell. */
  processorTime?(): number | undefined
  /** Hands one batch to one lane; buffers named in `transfer` must not be touched afterwards. */
  post(lane: number, batch: Batch, transfer?: ArrayBuffer[]): void
  /** Ends it at once, whatever it is doing; `ended` follows. */
  kill(): void
  /**
   * Lets go of it for a debugger: it hears nothing more and is heard no more, but stays; `kill` still ends it, and `ended`
   * follows whenever it has ended. Absent where a host cannot do that.
   */
  abandon?(): void
}

/** One way to run workers. */
export interface WorkerHost {
  readonly name: 'thread' | 'process' | 'inline'
  start(worker: WorkerStart, observer: WorkerObserver): WorkerHandle
}

export interface WorkerStart {
  /** Counts up over the server's life: the worker's name in events and in `list wps`. */
  readonly id: number
  readonly pool: PoolConfig
  /** Its place in the web garden, from 1; its replacement has the same. */
  readonly place?: number
}
