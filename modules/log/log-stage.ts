/** The standard stage of slot `log`: each request in its site's log or the central one, and the listener's errors in the HTTP error log. */
import {
  defineStage,
  type EventLog,
  type RequestContext,
  type ServerConfig,
  type Site,
  type SiteConfig,
} from '../../core/index.js'
import { CentralLog } from './central-log.js'
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
    const files = new LogFiles(events, clock, () => scope.isOverlapped?.() === true)
    const errorLog = new ErrorLog(config.log.errorLoggingDir, files)
    let encoding = encodingOf(config)
    let central = centralOf(config, files)
    const siteLogs = new Map<number, SiteLog>()
    warnOfSilence(config, events)

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
        warnOfSilence(changed, events)
        if (changed.log.centralLogFileMode === 'Site') {
          void central?.close()
          central = null
        } else if (central) central.follow(changed.log, encoding)
        else central = centralOf(changed, files)
        const ids = new Set(central ? [] : changed.sites.filter(hasFile).map(({ id }) => id))
        for (const [id, log] of siteLogs) {
          if (ids.has(id)) continue
          siteLogs.delete(id)
          void log.close()
        }
      },
      reopen() {
        files.reopen()
      },
      run(ctx: RequestContext) {
        const { site } = ctx
        if (site?.config.logFile.enabled) {
          if (central) central.write(ctx, site)
          else if (hasFile(site.config)) logOf(site).write(ctx)
        }
        if (isListenerError(ctx)) errorLog.write(ctx)
        return 'CONTINUE'
      },
    }
  },
})

/** What a site with a custom log says of its requests, its log modules have been told. */
const hasFile = ({ logFile }: SiteConfig): boolean => logFile.logFormat !== 'Custom'

const encodingOf = ({ log }: ServerConfig): LogEncoding => (log.logInUTF8 ? 'utf8' : 'latin1')

const centralOf = (config: ServerConfig, files: LogFiles): CentralLog | null =>
  config.log.centralLogFileMode === 'Site' ? null : new CentralLog(config.log, encodingOf(config), files)

/** IIS has the central binary log off by default, even where the mode asks for it. */
const warnOfSilence = ({ log }: ServerConfig, events: EventLog): void => {
  const { centralLogFileMode: mode } = log
  if (mode === 'Site') return
  const section = mode === 'CentralBinary' ? 'centralBinaryLogFile' : 'centralW3CLogFile'
  if (log[section].enabled) return
  events.write({
    id: 0,
    level: 'warning',
    source: 'W3SVC',
    text: `No request is logged: log.centralLogFileMode is ${mode}, but log.${section}.enabled is false.`,
  })
}
