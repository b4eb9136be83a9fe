/** Limits that count over all connections: several listeners could each only count their own. */
import type { Problem } from './problem.js'
import type { ServerConfig } from './schema/index.js'

/** IIS's figure for no limit. */
const NO_LIMIT = 4_294_967_295

type DynamicIpSecurity = ServerConfig['webLimits']['dynamicIpSecurity']

/**
 * The limits that cannot be kept with this number of listeners.
 *
 * @param remedy - what else helps than to leave the limit out
 */
export const limitsOfOneListener = (
  { webLimits, sites }: ServerConfig,
  remedy = 'or set webLimits.listenerThreads to 1',
): Problem[] => {
  const { listenerThreads } = webLimits
  if (listenerThreads === 1) return []
  const limits: (readonly [pointer: string, value: number | DynamicIpSecurity])[] = [
    ['/webLimits/maxConnections', webLimits.maxConnections],
    ['/webLimits/maxConnectionsPerClient', webLimits.maxConnectionsPerClient],
    ['/webLimits/maxGlobalBandwidth', webLimits.maxGlobalBandwidth],
    ['/webLimits/dynamicIpSecurity', webLimits.dynamicIpSecurity],
  ]
  for (const { limits: own, pointer } of sites) {
    limits.push(
      [`${pointer}/limits/maxConnections`, own.maxConnections],
      [`${pointer}/limits/maxBandwidth`, own.maxBandwidth],
      [`${pointer}/limits/dynamicIpSecurity`, own.dynamicIpSecurity],
    )
  }
  return limits
    .filter(([, value]) => (typeof value === 'number' ? value < NO_LIMIT : isOn(value)))
    .map(([pointer]) => ({
      pointer,
      message: `cannot be kept by ${listenerThreads} listeners (webLimits.listenerThreads), each of which sees only its own connections; leave it out, ${remedy}`,
    }))
}

const isOn = ({ denyByRequestRate, denyByConcurrentRequests }: DynamicIpSecurity): boolean =>
  denyByRequestRate.enabled || denyByConcurrentRequests.enabled
