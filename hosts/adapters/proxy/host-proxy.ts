/** A proxy, ready to answer; loaded only where an application is one, since undici costs start time. */
import type { ApplicationSettings, HostedApplication } from '../../../core/index.js'
import { forward, type Forwarding } from './forward.js'
import { watchHealth } from './health.js'
import { HEALTH_DEFAULTS, PROXY_DEFAULTS, type ProxyOptions } from './options.js'
import { Servers, Upstream } from './servers.js'
import { forwardUpgrade } from './upgrade.js'

export const hostProxy = (
  { mount, pathBase }: Pick<ApplicationSettings, 'mount' | 'pathBase'>,
  say: (text: string) => void,
  given: Partial<ProxyOptions> & Pick<ProxyOptions, 'servers'>,
): HostedApplication => {
  const options: ProxyOptions = { ...PROXY_DEFAULTS, ...given }
  const all = options.servers.map((one) =>
    typeof one === 'string' ? new Upstream(one, 1, options) : new Upstream(one.url, one.weight ?? 1, options),
  )
  const choice = new Servers(all, options.balance, options.maxFailures, options.failTimeout, say)
  const how: Forwarding = { say, choice, options, mount: pathBase === 'strip' ? mount : '' }
  const stopChecks =
    options.healthCheck && watchHealth(all, { ...HEALTH_DEFAULTS, ...options.healthCheck }, say)
  return {
    handle(request, response) {
      forward(request, response, how)
    },
    upgrade(request, socket, head) {
      forwardUpgrade(request, socket, head, how)
    },
    async close() {
      stopChecks?.()
      await Promise.all(all.map((server) => server.pool.destroy()))
    },
  }
}
