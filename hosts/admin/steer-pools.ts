/** Starts, stops and recycles pools on an administrator's word, and tells when it is done. */
import type { Recycled } from '../../core/control/resources.js'
import type { ApplicationPool } from '../../core/was/pool.js'
import type { Worker } from '../../core/was/worker.js'
import { ControlError } from './control-error.js'
import { workersOf } from './listings.js'
import type { Steered } from './steered.js'

/** A started pool is left as it is. */
export const startPool = (pool: ApplicationPool, who: string): void => {
  const { name } = pool.config
  if (pool.state === 'started') return
  if (pool.state === 'stopping') {
    throw new ControlError(409, `pool "${name}" is still stopping; start it when its workers have ended`)
  }
  pool.start(who)
}

/** Requests that wait are refused; resolves when its workers have ended, at the latest after `shutdownTimeLimit`. */
export const stopPool = (pool: ApplicationPool, who: string): Promise<void> => pool.stop('POOL_DISABLED', who)

/**
 * Asks for replacements of all workers that run; the answer resolves when each of them takes no more requests, because
 * another one does, or stays, because its replacement did not come up.
 */
export const recyclePool = (server: Steered, pool: ApplicationPool, who: string): Promise<Recycled> => {
  if (pool.state !== 'started') {
    throw new ControlError(
      409,
      `pool "${pool.config.name}" is ${pool.state}; only a started pool is recycled`,
    )
  }
  const since = pool.history.entries.length === 0 ? undefined : pool.history.entries.at(-1)
  const old = [...pool.workers].filter(({ state }) => state === 'running')
  pool.recycle('OnDemand', { who })
  return settled(server, pool, old, since)
}

const settled = async (
  server: Steered,
  pool: ApplicationPool,
  old: readonly Worker[],
  since: ApplicationPool['history']['entries'][number] | undefined,
): Promise<Recycled> => {
  for (;;) {
    const entries = pool.history.entries
    const news = entries.slice(since === undefined ? 0 : entries.indexOf(since) + 1)
    const kept = old.flatMap(({ id, state }) => {
      const refused = news.find(({ what, worker }) => what === 'refused' && worker === id)
      return state === 'running' && refused ? [{ worker: id, reason: refused.reason }] : []
    })
    const gone = old.filter(({ state }) => (endsFirst(pool) ? state === 'ended' : state !== 'running'))
    if (gone.length + kept.length === old.length) {
      return { replaced: gone.map(({ id }) => id), kept, workers: workersOf(pool, server.clock.now()) }
    }
    await pool.history.next()
  }
}

const endsFirst = (pool: ApplicationPool): boolean => pool.config.recycling.disallowOverlappingRotation
