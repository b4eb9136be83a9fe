/** The load-balancing functions that pools name: standard ones, and modules made with defineBalancer. */
import type { Balance, BalancerModule } from '../contract/balancer.js'
import type { PoolConfig, ServerConfig } from '../contract/config.js'
import type { ModuleScope } from '../contract/stage.js'
import { ConfigurationError } from '../errors.js'
import { leastBusy } from '../queue/least-busy.js'
import type { LoadedModule } from './loaded.js'

const ROUND_ROBIN = 'roundRobin'
const LEAST_BUSY = 'leastBusy'

interface LoadedBalancer extends LoadedModule {
  readonly module: BalancerModule
}

const balancersOf = (loaded: readonly LoadedModule[]): LoadedBalancer[] =>
  loaded.filter((one): one is LoadedBalancer => one.module.kind === 'balancer')

/** @throws ConfigurationError where a pool names none. */
export const requireBalancers = (config: ServerConfig, loaded: readonly LoadedModule[]): void => {
  const known = [ROUND_ROBIN, LEAST_BUSY, ...balancersOf(loaded).map(({ name }) => name)]
  const problems = config.applicationPools
    .filter(({ loadBalancing }) => !known.includes(loadBalancing))
    .map(({ loadBalancing, pointer }) => ({
      pointer: `${pointer}/loadBalancing`,
      message: `there is no load balancing "${loadBalancing}"; known are ${known.map((name) => `"${name}"`).join(', ')}, and modules made with defineBalancer that "modules" declares`,
    }))
  if (problems.length > 0) throw new ConfigurationError(config.file, problems)
}

/** The function for a pool; null is round robin. */
export const balanceOf = (
  { loadBalancing }: PoolConfig,
  loaded: readonly LoadedModule[],
  scope: Pick<ModuleScope, 'events' | 'clock' | 'config'>,
): Balance | null => {
  if (loadBalancing === LEAST_BUSY) return leastBusy
  const found = balancersOf(loaded).find(({ name }) => name === loadBalancing)
  return found ? found.module.setup(scope, found.options) : null
}
