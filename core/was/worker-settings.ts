/** What a worker is told at its start. */
import type { WorkerSettings } from '../contract/messages.js'
import { pagesToWarm } from './warm-up.js'
import type { WorkerOptions } from './worker-options.js'

/** @param startedAt - milliseconds since the epoch */
export const workerSettings = (
  { id, pool, wanted, replaces, adapters, settingsOf }: WorkerOptions,
  startedAt: number,
): WorkerSettings => {
  const { startupTimeLimit, pingingEnabled } = pool.processModel
  return {
    workerId: id,
    pool: pool.name,
    startupTimeLimit,
    startsBy: startedAt + startupTimeLimit,
    pinged: pingingEnabled,
    applications: wanted.map((application) => ({
      ...settingsOf(application),
      warmUp: pagesToWarm(application.config, replaces !== undefined),
    })),
    adapters,
  }
}
