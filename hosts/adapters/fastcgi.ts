/** Serves applications that speak FastCGI, PHP above all: by an address, or by processes of their own; needs no module. */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { isProgram } from '../../core/config/find-program.js'
import { defineAdapter } from '../../core/index.js'
import { fastCgiDefaults, fastCgiOptions, type FastCgiOptions } from './fastcgi/options.js'

export const fastcgi = defineAdapter({
  name: 'fastcgi',
  options: fastCgiOptions,
  needsModule: false,
  async adapt({ application, tell }, given) {
    const { openGateway } = await import('./gateway/gateway.js')
    const { fastCgiRunner } = await import('./fastcgi/run.js')
    const { Reports } = await import('./gateway/reports.js')
    const { site, mount, physicalPath, pathBase, environment } = application
    const options = { ...fastCgiDefaults, ...given }
    requireOne(options)
    const reports = new Reports(`${site}${mount || '/'}`, tell)
    const connects = options.address !== ''
    const servers = connects
      ? new (await import('./fastcgi/connected.js')).ConnectedServers(options)
      : new (await import('./fastcgi/instances.js')).Instances(
          {
            options: {
              ...options,
              monitorChangesTo:
                options.monitorChangesTo === '' ? '' : resolve(physicalPath, options.monitorChangesTo),
            },
            env: {
              ...process.env,
              // php-cgi would end after 500 by itself, in the middle of what is counted here.
              PHP_FCGI_MAX_REQUESTS: String(options.instanceMaxRequests),
              ...environment,
              ...options.environmentVariables,
            },
            cwd: physicalPath,
          },
          reports,
        )
    const run = fastCgiRunner(
      servers,
      {
        options,
        stderrMode: options.stderrMode ?? (connects ? 'IgnoreAndReturn200' : 'ReturnStdErrIn500'),
        atATime: options.maxInstances || (connects ? Infinity : Math.max(4, 2 * availableParallelism())),
        keep: !connects || options.keepConnections > 0,
      },
      reports,
    )
    const handle = await openGateway({
      folder: physicalPath,
      mount: pathBase === 'strip' ? mount : '',
      options,
      reports,
      run,
    })
    return { handle, close: () => servers.close() }
  },
})

/** @throws Error that says what the options lack. */
const requireOne = ({ address, fullPath }: FastCgiOptions): void => {
  if ((address === '') === (fullPath === ''))
    throw new Error(
      `an application of type "fastcgi" needs "address" or "fullPath" in its options, and has ${address === '' ? 'neither' : 'both'}`,
    )
  if (fullPath !== '' && !isProgram(fullPath))
    throw new Error(`fullPath names no program that may be run: ${fullPath}`)
}
