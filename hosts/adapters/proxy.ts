/** Passes requests on to other servers; needs no module. */
import type { TUnsafe } from 'typebox'
import { defineAdapter } from '../../core/index.js'
import { proxySchema, type ProxyOptions } from './proxy/options.js'

export const proxy = defineAdapter({
  name: 'proxy',
  options: proxySchema as unknown as TUnsafe<Partial<ProxyOptions> & Pick<ProxyOptions, 'servers'>>,
  needsModule: false,
  async adapt({ application, tell }, given) {
    const [{ hostProxy }, { Reports }] = await Promise.all([
      import('./proxy/host-proxy.js'),
      import('./gateway/reports.js'),
    ])
    const reports = new Reports(application.name, tell)
    return hostProxy(
      application,
      (text) => {
        reports.failed(text)
      },
      given,
    )
  },
})
