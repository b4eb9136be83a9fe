/** Serves CGI scripts (RFC 3875); needs no module. */
import { defineAdapter } from '../../core/index.js'
import { cgiDefaults, cgiOptions } from './cgi/options.js'

export const cgi = defineAdapter({
  name: 'cgi',
  options: cgiOptions,
  needsModule: false,
  async adapt({ application, tell }, given) {
    const { openGateway } = await import('./gateway/gateway.js')
    const { processRunner } = await import('./cgi/run-process.js')
    const { Reports } = await import('./gateway/reports.js')
    const options = { ...cgiDefaults, ...given }
    const { site, mount, physicalPath, pathBase, environment } = application
    const reports = new Reports(`${site}${mount || '/'}`, tell)
    return {
      handle: await openGateway({
        folder: physicalPath,
        mount: pathBase === 'strip' ? mount : '',
        options,
        reports,
        run: processRunner(options, environment, reports),
      }),
    }
  },
})
