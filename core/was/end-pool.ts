/** The end of a pool with its server: its applications hear of it first, and finish requests before the workers go. */
import type { Clock } from '../clock.js'
import type { PoolConfig, ServerConfig } from '../contract/config.js'
import type { ApplicationPool } from './pool.js'

/** Share of `shutdownTimeLimit` that requests have; the rest is for the applications to close. */
const FOR_REQUESTS = 0.9

/** Milliseconds that requests of a pool have to finish when the server stops. */
const forRequests = ({ processModel }: PoolConfig): number => processModel.shutdownTimeLimit * FOR_REQUESTS

/** The longest time that any pool gives them. */
export const longestForRequests = ({ applicationPools }: ServerConfig): number =>
  Math.max(0, ...applicationPools.map(forRequests))

/**
 * Tells the applications at once, serves until no request is on its way any more, or most of `shutdownTimeLimit` has
 * passed, and stops the pool then; resolves when its workers have ended.
 */
export const endPool = async (
  pool: ApplicationPool,
  requestsDone: Promise<void>,
  clock: Clock,
): Promise<void> => {
  const { shutdownTimeLimit } = pool.config.processModel
  pool.announceEnd(clock.now() + shutdownTimeLimit, 'the server stops')
  let cancel = (): void => undefined
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(forRequests(pool.config), resolve)
  })
  await Promise.race([requestsDone, late])
  cancel()
  await pool.stop()
}
