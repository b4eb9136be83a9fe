/** What an application can know of its worker, and say to it: `import { worker } from 'webgarden/worker'`. */

/** Where each worker keeps it: `globalThis[Symbol.for('webgarden.worker')]`, for applications that cannot import webgarden. */
export const HOSTED_WORKER = Symbol.for('webgarden.worker')

/** The worker is to end. */
export interface DrainNotice {
  /** When it will be killed if it has not ended by itself, milliseconds since the epoch. */
  readonly deadline: number
  /** Why, in words. */
  readonly reason: string
}

/**
 * `drain`: the worker gets no new requests; some may still be under way. `close`: the last of them is answered, and what
 * the listeners of `drain` have returned has settled; the applications are being closed.
 */
export type WorkerOccasion = 'drain' | 'close'

/** May take its time: the worker does not end before the promise has settled, unless the deadline passes. */
export type WorkerListener = (notice: DrainNotice) => unknown

/** What an application knows of its worker, and can say to it. */
export interface HostedWorker {
  /** False where the program runs without webgarden: then nothing here ever happens. */
  readonly isHosted: boolean
  /** Number of the worker, as the event log has it; 0 where there is none. */
  readonly id: number
  /** Name of the application pool; '' where there is none. */
  readonly pool: string
  /** Aborted at `drain`; its reason is an Error whose message says why. */
  readonly signal: AbortSignal
  /** Calls `listener` once, at once where it has happened already. */
  on(occasion: WorkerOccasion, listener: WorkerListener): void
  /** Takes a listener away. */
  off(occasion: WorkerOccasion, listener: WorkerListener): void
  /** Asks to be replaced: seen at the next ping, so it needs `pingingEnabled`. Hits every application of the worker. */
  reportUnhealthy(reason?: string): void
}
