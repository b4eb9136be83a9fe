/** Whether the server listens alone, as the configuration has it. */
import type { ServerConfig } from '../../core/index.js'
import { ListenerProcesses, type ProcessesOptions } from './listener-processes.js'
import type { ProcessSettings } from './messages.js'

export interface PlanOptions extends Pick<ProcessesOptions, 'clock' | 'events' | 'find'> {
  /** As in the settings of a process. */
  readonly cached: ProcessSettings['cached']
  /** Filters see what comes and goes on each connection. */
  readonly seesRawData: boolean
}

/** Null where the server listens alone. */
export const planProcesses = (
  config: ServerConfig,
  { cached, seesRawData, clock, events, find }: PlanOptions,
): ListenerProcesses | null => {
  const count = config.webLimits.listenerThreads - 1
  if (count === 0) return null
  if (!seesRawData) return new ListenerProcesses({ count, settings: { config, cached }, clock, events, find })
  events.write({
    id: 0,
    level: 'warning',
    source: 'W3SVC',
    text: 'webLimits.listenerThreads has no effect: filters see the raw data of all connections, in one thread.',
  })
  return null
}
