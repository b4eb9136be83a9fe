/** What WAS says in the event log: IIS's event ids, our own words (ids: learn.microsoft.com, "IIS event log"). */
import type { ServerEvent } from '../contract/events.js'
import { IDENTITY_ERROR, type WorkerEnd } from '../contract/worker-host.js'

/** An event of WAS. */
export const was = (
  id: number,
  level: ServerEvent['level'],
  text: string,
  facts: NonNullable<ServerEvent['facts']>,
): ServerEvent => ({ id, level, source: 'WAS', text, facts })

/** Why a worker ended, in words. */
export const how = (end: WorkerEnd): string => {
  switch (end.kind) {
    case 'exited':
      return `it called process.exit(${end.exitCode ?? ''})`
    case 'outOfMemory':
      return 'it reached its memory limit'
    case 'crashed':
      return end.error?.message ?? 'uncaught error'
    case 'killed':
      return 'it was killed'
    case 'orphaned':
      return 'it was orphaned'
    case 'stopped':
      return 'it stopped'
  }
}

/** Names a worker, and the process of one that has its own. */
const named = (worker: number, pid: number | undefined): string =>
  pid === undefined ? `Worker ${worker}` : `Worker ${worker} (pid ${pid})`

const untilTrial = (pause: number): string =>
  pause === 0
    ? 'It stays so until it is started by hand.'
    : `One worker is tried in ${pause / 1000} s (selfHealing), or when it is started by hand.`

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
  disabledByFailures: (pool: string, failures: number, interval: number, pause: number) =>
    was(
      5002,
      'error',
      `Pool "${pool}" is disabled: its workers failed ${failures} times within ${interval / 1000} s ` +
        `(rapidFailProtection). ${untilTrial(pause)}`,
      { pool, failures, interval, pause },
    ),

  trialStarted: (pool: string) =>
    was(0, 'info', `Pool "${pool}" is on trial: one worker is started (failure.selfHealing).`, { pool }),

  /** 5002, once more. */
  trialFailed: (pool: string, pause: number) =>
    was(5002, 'error', `Pool "${pool}" is disabled again: its trial worker failed. ${untilTrial(pause)}`, {
      pool,
      pause,
    }),

  healthyAgain: (pool: string) =>
    was(0, 'info', `Pool "${pool}" is well again: its trial is over and its failures are forgotten.`, {
      pool,
    }),

  /** 5186, and 5195 while memory is short: shut down for inactivity. */
  idle: (pool: string, worker: number, timeout: number, short: boolean) =>
    was(
      short ? 5195 : 5186,
      'info',
      `Worker ${worker} of pool "${pool}" is ended: no request for ${timeout / 1000} s ` +
        `(idleTimeout${short ? ', shortened because memory is short' : ''}). The next request starts a new one.`,
      { pool, worker, timeout },
    ),

  /** 5192, 5193, 5194: idle timeouts are reduced, reduced aggressively, back to normal. */
  memoryPressure: (level: 'normal' | 'high' | 'severe', inUse: number, threshold: number) => {
    const facts = { level, inUse: Math.round(inUse), threshold }
    const why = `${facts.inUse} % of the memory is in use (webLimits.dynamicIdleThreshold: ${threshold} %)`
    if (level === 'high') return was(5192, 'warning', `Idle timeouts are halved: ${why}.`, facts)
    if (level === 'severe') return was(5193, 'warning', `Idle timeouts are cut to a tenth: ${why}.`, facts)
    return was(5194, 'info', `Idle timeouts are as configured again: ${why}.`, facts)
  },

  /** 5009, of a worker that has crashed and stays. */
  heldByDebugger: (pool: string, worker: number, pid: number | undefined, { error }: WorkerEnd) =>
    was(
      5009,
      'error',
      `Worker ${worker} of pool "${pool}" (process ${pid ?? '?'}) has crashed: ${error?.message ?? ''}. A debugger is ` +
        'attached and keeps it as it is: it gets no more requests, and those that it has wait until the debugger lets go.',
      { pool, worker, pid, error: error?.stack },
    ),

  orphaned: (pool: string, worker: number, pid: number, reason: string, living: number) =>
    was(
      0,
      'warning',
      `Worker ${worker} of pool "${pool}" in process ${pid} is orphaned instead of ended (${reason}): it stays for a ` +
        `debugger and uses resources until somebody ends it. Orphans now: ${living}.`,
      { pool, worker, pid, reason, living },
    ),

  orphanEnded: (pool: string, worker: number, living: number) =>
    was(0, 'info', `Orphan ${worker} of pool "${pool}" has ended. Orphans now: ${living}.`, {
      pool,
      worker,
      living,
    }),

  orphanLeft: (pool: string, worker: number, pid: number) =>
    was(0, 'warning', `Orphan ${worker} of pool "${pool}", process ${pid}, outlives the server.`, {
      pool,
      worker,
      pid,
    }),

  nothingToWatch: (pool: string) =>
    was(
      0,
      'warning',
      `Pool "${pool}" has no files of its own to watch: its applications are packages or static. ` +
        'Name some in recycling.onFileChange.paths.',
      { pool },
    ),

  watchFailed: (pool: string, error: Error) =>
    was(
      0,
      'warning',
      `Pool "${pool}": files cannot all be watched (recycling.onFileChange): ${error.message}.`,
      { pool, error: error.stack },
    ),

  poolStarted: (pool: string, by: string) =>
    was(0, 'info', `Pool "${pool}" was started${by === '' ? '' : ` by ${by}`}.`, { pool }),

  poolStopped: (pool: string, by: string) =>
    was(0, 'info', `Pool "${pool}" was stopped${by === '' ? '' : ` by ${by}`}.`, { pool }),

  actionFailed: (pool: string, program: string, error: Error) =>
    was(0, 'warning', `Pool "${pool}": ${program} could not be run: ${error.message}.`, {
      pool,
      program,
      error: error.stack,
    }),

  /** 5009: a process serving application pool '%1' terminated unexpectedly. */
  workerFailed: (
    pool: string,
    worker: number,
    pid: number | undefined,
    end: WorkerEnd,
    lost: number,
    retried: number,
  ) =>
    was(
      5009,
      'warning',
      `${named(worker, pid)} of pool "${pool}" ended unexpectedly: ${how(end)}. ` +
        `${lost} request${lost === 1 ? '' : 's'} it had taken ${lost === 1 ? 'was' : 'were'} lost` +
        `${retried > 0 ? `, ${retried} given to another worker` : ''}; the next request starts a new worker.`,
      {
        pool,
        worker,
        pid,
        kind: end.kind,
        exitCode: end.exitCode,
        requests: lost,
        retried,
        error: end.error?.stack,
      },
    ),

  /** 5010: failed to respond to a ping. */
  noPong: (pool: string, worker: number, limit: number, evidence: { readonly pid?: number | undefined }) =>
    was(
      5010,
      'warning',
      `${named(worker, evidence.pid)} of pool "${pool}" has not answered a ping within ${limit / 1000} s (pingResponseTime): ` +
        'its event loop does not turn. It was taken out of service, and with it the requests it had taken.',
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
  startTooSlow: (pool: string, worker: number, pid: number | undefined, limit: number) =>
    was(
      5012,
      'warning',
      `${named(worker, pid)} of pool "${pool}" was not ready within ${limit / 1000} s (startupTimeLimit) and is given up.`,
      { pool, worker, pid, limit },
    ),

  /** 5013: exceeded time limits during shut down. */
  stopTooSlow: (pool: string, worker: number, pid: number | undefined, limit: number, requests: number) =>
    was(
      5013,
      'warning',
      `${named(worker, pid)} of pool "${pool}" had not ended within ${limit / 1000} s (shutdownTimeLimit) and is given up` +
        `${requests > 0 ? ` with ${requests} requests` : ''}.`,
      { pool, worker, pid, limit, requests },
    ),

  /** 5022: a worker could not be started; 5021: because of its account, which lacks permission or could not be taken. */
  startFailed: (pool: string, worker: number, end: WorkerEnd, waiting: number) =>
    was(
      end.error?.name === IDENTITY_ERROR ? 5021 : 5022,
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

  /** 5196: a worker was refused because of the demand start threshold. */
  startRefused: (pool: string, threshold: number) =>
    was(
      5196,
      'warning',
      `No worker was started for pool "${pool}": the server has as many as webLimits.demandStartThreshold allows (${threshold}).`,
      { pool, threshold },
    ),

  balancingFailed: (pool: string, name: string, error: unknown) =>
    was(
      0,
      'error',
      `The load balancing "${name}" of pool "${pool}" failed; its workers take turns until the configuration changes.`,
      { pool, module: name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
    ),
}
