/** How a worker's life has gone, and what the event log is told of one that failed while it ran. */
import type { ServerEvent } from '../contract/events.js'
import type { WorkerEnd } from '../contract/worker-host.js'
import type { Application } from '../namespace/application.js'
import { wasEvents } from './events.js'
import { iis5Events } from './iis5-events.js'
import type { WorkerState } from './states.js'
import type { WorkerOptions, WorkerOutcome } from './worker-options.js'

/** Without pools it is the applications that have lost their host. */
export const failureEvent = (
  { config, pool, id }: WorkerOptions,
  pid: number | undefined,
  applications: readonly Application[],
  end: WorkerEnd,
  lost: number,
  retried: number,
): ServerEvent =>
  config.isolationMode === 'workerProcess'
    ? wasEvents.workerFailed(pool.name, id, pid, end, lost, retried)
    : iis5Events.hostFailed(applications, id, end, lost, retried)

/** @param before - its state when it ended */
export const outcomeOf = (before: WorkerState, condemned: boolean, unfit: boolean): WorkerOutcome => {
  if (condemned || before === 'running') return 'failed'
  if (before === 'stopping') return 'stopped'
  return unfit ? 'unfit' : 'neverReady'
}
