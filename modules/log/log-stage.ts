/** The standard stage of slot `log`: each request in its site's W3C log, and the listener's errors in the HTTP error log. */
import { defineStage, type RequestContext, type ServerConfig, type Site } from '../../core/index.js'
import { isListenerError } from './error-line.js'
import { ErrorLog } from './error-log.js'
import type { LogEncoding } from './file-series.js'
import { LogFiles } from './log-files.js'
import { SiteLog } from './site-log.js'

export default defineStage({
  name: 'log',
  slot: 'log',
  setup(scope) {
    const { config, events, clock } = scope
    const files = new LogFiles(events, clock)
    const errorLog = new ErrorLog(config.log.errorLoggingDir, files)
    let encoding = encodingOf(config)
    const siteLogs = new Map<number, SiteLog>()

    const logOf = (site: Site): SiteLog => {
      let log = siteLogs.get(site.id)
      if (!log) {
        log = new SiteLog(site, encoding, files)
        siteLogs.set(site.id, log)
      } else log.follow(site, encoding)
      return log
    }

    scope.onClose(() => files.close())

    return {
      configure(changed) {
        encoding = encodingOf(changed)
        errorLog.move(changed.log.errorLoggingDir)
        const ids = new Set(changed.sites.map(({ id }) => id))
        for (const [id, log] of siteLogs) {
          if (ids.has(id)) continue
          siteLogs.delete(id)
          void log.close()
        }
      },
      run(ctx: RequestContext) {
        if (ctx.site?.config.logFile.enabled) logOf(ctx.site).write(ctx)
        if (isListenerError(ctx)) errorLog.write(ctx)
        return 'CONTINUE'
      },
    }
  },
})

const encodingOf = ({ log }: ServerConfig): LogEncoding => (log.logInUTF8 ? 'utf8' : 'latin1')
