/** The standard log stage in a folder of its own, with a clock that stands still until it is told to go on. */
import { join } from 'node:path'
import type { Test } from 'tap'
import {
  ManualClock,
  type ConfigurationChanges,
  type ModuleScope,
  type RequestContext,
  type ServerConfig,
  type Site,
  type Stage,
} from '../../../core/index.js'
import logStage from '../../../modules/log/log-stage.js'
import { keepEvents, logFile } from './fixtures.js'

/** The moment at which the requests of the tests have ended. */
export const START = Date.UTC(2010, 11, 31, 0, 0, 12)

type LogConfig = ServerConfig['log']

/** `log` of a server whose central logs, if there are any, are in `directory`. */
export const serverLog = (directory: string, changes: Partial<LogConfig> = {}): LogConfig => {
  const { period, truncateSize, localTimeRollover, retention, logExtFileFlags } = logFile()
  const central = { directory, period, truncateSize, localTimeRollover, retention }
  return {
    logInUTF8: true,
    centralLogFileMode: 'Site',
    errorLoggingDir: directory,
    centralBinaryLogFile: { enabled: true, ...central },
    centralW3CLogFile: { enabled: true, ...central, logExtFileFlags: [...logExtFileFlags, 'SiteName'] },
    ...changes,
  }
}

export const runStage = async (t: Test, changes: Partial<LogConfig> = {}) => {
  const directory = t.testdir()
  const clock = new ManualClock(START)
  const events = keepEvents()
  const closers: (() => void | Promise<void>)[] = []
  const scope = {
    config: { directory, log: serverLog(directory, changes) },
    events,
    clock,
    onClose: (close: () => void | Promise<void>) => closers.push(close),
  } as unknown as ModuleScope
  const stage: Stage = await logStage.setup(scope, {})
  const log = (ctx: RequestContext): void => {
    if (stage.run(ctx) !== 'CONTINUE') t.fail('the log stage holds up a request')
  }
  /** The configuration has changed. */
  const configure = (sites: readonly Site[], changed: Partial<LogConfig>): void => {
    const config = {
      log: serverLog(directory, changed),
      sites: sites.map(({ config }) => config),
    }
    stage.configure?.(config as unknown as ServerConfig, {} as ConfigurationChanges)
  }
  const stop = async (): Promise<void> => {
    for (const close of closers) await close()
  }
  return { directory, clock, events, stage, log, configure, stop, folder: join(directory, 'W3SVC1') }
}
