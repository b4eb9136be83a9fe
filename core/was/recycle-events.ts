/** What WAS says of recycles: why, whether they came about, and what a change of configuration had of it. */
import type { WorkerEnd } from '../contract/worker-host.js'
import { how, was } from './events.js'
import type { RecycleReason } from './recycling.js'

const recycleIds: Readonly<Record<RecycleReason, number>> = {
  Time: 5074,
  Requests: 5075,
  Schedule: 5076,
  Memory: 5077,
  IsapiUnhealthy: 5078,
  OnDemand: 5079,
  ConfigChange: 5080,
  PrivateMemory: 5117,
  FileChange: 5080,
}

const recycleWords: Readonly<Record<RecycleReason, string>> = {
  Time: 'it has run as long as periodicRestart.time allows',
  Requests: 'it has taken as many requests as periodicRestart.requests allows',
  Schedule: 'its scheduled time has come',
  Memory: 'it uses more memory than periodicRestart.memory allows',
  IsapiUnhealthy: 'an application in it reported itself unhealthy',
  OnDemand: 'an administrator asked for it',
  ConfigChange: 'its configuration has changed',
  PrivateMemory: 'it uses more memory than periodicRestart.privateMemory allows',
  FileChange: 'files of its applications have changed',
}

export const recycleEvents = {
  /** 5074 to 5079, 5117: a recycle, by its reason. */
  recycled: (pool: string, worker: number, reason: RecycleReason, evidence: object) =>
    was(
      recycleIds[reason],
      'info',
      `Worker ${worker} of pool "${pool}" is recycled: ${recycleWords[reason]}.`,
      { pool, worker, reason, ...evidence },
    ),

  /** What runs in the server's own thread (isolationMode iis5) has been loaded for good. */
  notUnloaded: (pool: string, reason: RecycleReason) =>
    was(
      0,
      'warning',
      `"${pool}" is not recycled (${reason}): what runs in the server's own process can only be loaded anew by a restart ` +
        'of the server.',
      { pool, reason },
    ),

  /** 5093: overlapped recycle failed. */
  recycleFailed: (pool: string, worker: number, replacement: number, end: WorkerEnd) =>
    was(
      5093,
      'warning',
      `Worker ${replacement} of pool "${pool}", which was to replace worker ${worker}, ended before it was ready: ` +
        `${how(end)}. Worker ${worker} stays.`,
      { pool, worker, replacement, kind: end.kind, exitCode: end.exitCode, error: end.error?.stack },
    ),

  /** What followed from a 5093 after a change of configuration. */
  changeTakenBack: (pool: string, keys: readonly string[]) =>
    was(
      0,
      'error',
      `The new configuration of pool "${pool}" is taken back, because no worker came up under it: ${keys.join(', ')}. ` +
        'Its workers go on under the old one; correct the file, or reload it to try again.',
      { pool, keys },
    ),
}
