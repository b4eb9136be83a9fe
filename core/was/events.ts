/** What WAS says in the event log: IIS's event ids, our own words (ids: learn.microsoft.com, "IIS event log"). */
import type { ServerEvent } from '../contract/events.js'
import type { RecycleReason } from './recycling.js'
import type { WorkerEnd } from '../contract/worker-host.js'

const was = (
  id: number,
  level: ServerEvent['level'],
  text: string,
  facts: NonNullable<ServerEvent['facts']>,
): ServerEvent => ({ id, level, source: 'WAS', text, facts })

const how = (end: WorkerEnd): string => {
  switch (end.kind) {
    case 'exited':
      return `it called process.exit(${end.exitCode ?? ''})`
    case 'outOfMemory':
      return 'it reached its memory limit'
    case 'crashed':
      return end.error?.message ?? 'uncaught error'
    case 'killed':
      return 'it was killed'
    case 'stopped':
      return 'it stopped'
  }
}

const recycleIds: Readonly<Record<RecycleReason, number>> = {
  Time: 5074,
  Requests: 5075,
  Schedule: 5076,
  Memory: 5077,
  IsapiUnhealthy: 5078,
  OnDemand: 5079,
  ConfigChange: 5080,
  PrivateMemory: 5117,
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
}

export const wasEvents = {
  workerStarted: (pool: string, worker: number, milliseconds: number) =>
    was(0, 'info', `Worker ${worker} of pool "${pool}" is ready after ${milliseconds} ms.`, {
      pool,
      worker,
      milliseconds,
    }),

  workerStopped: (pool: string, worker: number, reason: string) =>
    was(0, 'info', `Worker ${worker} of pool "${pool}" has ended: ${reason}.`, { pool, worker, reason }),

  /** 5002: disabled automatically due to a series of failures. */
  disabledByFailures: (pool: string, failures: number, interval: number) =>
    was(
      5002,
      'error',
      `Pool "${pool}" is disabled: its workers failed ${failures} times within ${interval / 1000} s ` +
        '(rapidFailProtection). It stays so until it is started by hand.',
      { pool, failures, interval },
    ),

  actionFailed: (pool: string, program: string, error: Error) =>
    was(0, 'warning', `Pool "${pool}": ${program} could not be run: ${error.message}.`, {
      pool,
      program,
      error: error.stack,
    }),

  /** 5009: a process serving application pool '%1' terminated unexpectedly. */
  workerFailed: (pool: string, worker: number, end: WorkerEnd, requests: number) =>
    was(
      5009,
      'warning',
      `Worker ${worker} of pool "${pool}" ended unexpectedly: ${how(end)}. ` +
        `${requests} request${requests === 1 ? '' : 's'} it had taken ${requests === 1 ? 'was' : 'were'} lost; ` +
        'the next request starts a new worker.',
      { pool, worker, kind: end.kind, exitCode: end.exitCode, requests, error: end.error?.stack },
    ),

  /** 5010: failed to respond to a ping. */
  noPong: (pool: string, worker: number, limit: number, evidence: object) =>
    was(
      5010,
      'warning',
      `Worker ${worker} of pool "${pool}" has not answered a ping within ${limit / 1000} s (pingResponseTime): ` +
        'its event loop does not turn. It was ended, and with it the requests it had taken.',
      { pool, limit, worker, ...evidence },
    ),

  /** 5011: a fatal communication error with WAS. */
  workerNotTrusted: (pool: string, worker: number, what: string) =>
    was(
      5011,
      'warning',
      `Worker ${worker} of pool "${pool}" sent ${what}, which is no message of the protocol; it was ended.`,
      {
        pool,
        worker,
        what,
      },
    ),

  /** 5012: exceeded time limits during start up. */
  startTooSlow: (pool: string, worker: number, limit: number) =>
    was(
      5012,
      'warning',
      `Worker ${worker} of pool "${pool}" was not ready within ${limit / 1000} s (startupTimeLimit) and was killed.`,
      { pool, worker, limit },
    ),

  /** 5013: exceeded time limits during shut down. */
  stopTooSlow: (pool: string, worker: number, limit: number, requests: number) =>
    was(
      5013,
      'warning',
      `Worker ${worker} of pool "${pool}" had not ended within ${limit / 1000} s (shutdownTimeLimit) and was killed` +
        `${requests > 0 ? ` with ${requests} requests` : ''}.`,
      { pool, worker, limit, requests },
    ),

  /** 5022: a worker could not be started. */
  startFailed: (pool: string, worker: number, end: WorkerEnd, waiting: number) =>
    was(
      5022,
      'error',
      `Worker ${worker} of pool "${pool}" ended before it was ready: ${how(end)}. ` +
        `${waiting} waiting request${waiting === 1 ? ' was' : 's were'} answered with 503.`,
      { pool, worker, kind: end.kind, exitCode: end.exitCode, waiting, error: end.error?.stack },
    ),

  /** 5025: a pool exceeded its processor limit. */
  cpuLimitExceeded: (pool: string, action: string, used: number, allowed: number, left: number) =>
    was(
      5025,
      'warning',
      `Pool "${pool}" has used ${Math.round(used)} ms of processor time within its resetInterval, of which cpu.limit allows ` +
        `${Math.round(allowed)} ms` +
        (action === 'KillW3wp' ? `; it is shut down for ${Math.ceil(left / 1000)} s.` : '.'),
      { pool, action, used, allowed, left },
    ),

  /** 5025, where the limit is a hard one. */
  cpuHeld: (pool: string, worker: number, processors: number) =>
    was(
      5025,
      'warning',
      `Worker ${worker} of pool "${pool}" wants more processor time than cpu.limit allows, and is slowed down to ` +
        `${processors.toFixed(2)} processors (Throttle).`,
      { pool, worker, processors },
    ),

  /** 5058: the affinity mask could not be set. */
  affinityFailed: (pool: string, mask: string, why: string) =>
    was(
      5058,
      'warning',
      `Workers of pool "${pool}" could not be bound to the processors of the mask 0x${mask}: ${why}. They run on any.`,
      { pool, mask, why },
    ),

  /** 5074 to 5079, 5117: a recycle, by its reason. */
  recycled: (pool: string, worker: number, reason: RecycleReason, evidence: object) =>
    was(
      recycleIds[reason],
      'info',
      `Worker ${worker} of pool "${pool}" is recycled: ${recycleWords[reason]}.`,
      { pool, worker, reason, ...evidence },
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

  /** 5196: a worker was refused because of the demand start threshold. */
  startRefused: (pool: string, threshold: number) =>
    was(
      5196,
      'warning',
      `No worker was started for pool "${pool}": the server has as many as webLimits.demandStartThreshold allows (${threshold}).`,
      { pool, threshold },
    ),
}
