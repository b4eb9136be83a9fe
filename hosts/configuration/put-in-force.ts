/** Puts a checked configuration in force while the server runs: sockets first, then everything else within one turn. */
import { describeChanges, needsRestart, untilRestart } from '../../core/config/changes.js'
import { diffConfigurations, type ConfigurationChanges } from '../../core/config/diff.js'
import { limitsOfOneListener } from '../../core/config/listener-threads.js'
import {
  ConfigurationError,
  type BindingConfig,
  type EventLog,
  type ServerConfig,
  type Stage,
} from '../../core/index.js'
import { NamespaceConflictError } from '../../core/namespace/namespace.js'
import { isolationModeEvents } from '../../core/was/iis5-events.js'
import { ActivationService } from '../../core/was/service.js'

/** What of the running server takes a new configuration. */
export interface RunningParts {
  readonly service: ActivationService
  readonly stages: readonly { readonly name: string; readonly stage: Stage }[]
  readonly endpoints: {
    change(config: ServerConfig): Promise<{ portOf(binding: BindingConfig): number; commit(): void }>
  }
  readonly listener: { configure(config: ServerConfig): void }
  readonly events: EventLog & { setLevel(level: ServerConfig['eventLog']['level']): void }
  /** Throws ConfigurationError where an application needs an adapter that is there only after a restart. */
  waitForAdapters(config: ServerConfig): Promise<void>
}

export interface PutInForce {
  /** One line for each change, without any values. */
  readonly changed: readonly string[]
  /** Pools whose workers are being replaced. */
  readonly recycled: readonly string[]
  /** Pools whose workers keep the old values, because of `disallowRotationOnConfigChange`. */
  readonly kept: readonly string[]
  /** Keys that wait for a new start. */
  readonly needsRestart: readonly string[]
  /** Resolves with the pools that went back to their old configuration, since no worker came up under the new one. */
  readonly settled: Promise<readonly string[]>
}

/** @throws ConfigurationError where it cannot be had; nothing has changed then. */
export const putInForce = async (parts: RunningParts, checked: ServerConfig): Promise<PutInForce> => {
  const { service, endpoints } = parts
  const before = service.config
  const waits = needsRestart(diffConfigurations(before, checked))
  const config = untilRestart(before, checked, waits)
  if (waits.includes('isolationMode'))
    for (const event of isolationModeEvents(checked)) parts.events.write(event)
  if (waits.includes('modules')) await parts.waitForAdapters(config)
  // The number of listeners waits, and what it must not be together with would not.
  const tooMany = limitsOfOneListener(config, 'or restart the server for the new listenerThreads')
  if (tooMany.length > 0) throw new ConfigurationError(config.file, tooMany)
  rehearse(config)
  const { portOf, commit } = await endpoints.change(config)
  // Not sooner: a pool may have gone back to its old configuration meanwhile.
  const changes = diffConfigurations(service.config, config)
  // From here on nothing waits: requests meet the old configuration or the new one, and no mixture.
  const { recycled, kept, settled } = service.apply(config, changes, portOf)
  commit()
  parts.listener.configure(config)
  configureStages(parts, config, changes)
  parts.events.setLevel(config.eventLog.level)
  return { changed: describeChanges(changes), recycled, kept, needsRestart: waits, settled }
}

const rehearse = (config: ServerConfig): void => {
  try {
    ActivationService.rehearse(config)
  } catch (error) {
    if (!(error instanceof NamespaceConflictError)) throw error
    throw new ConfigurationError(config.file, [{ pointer: '/sites', message: error.message }])
  }
}

const configureStages = (
  { stages, events }: RunningParts,
  config: ServerConfig,
  changes: ConfigurationChanges,
): void => {
  for (const { name, stage } of stages) {
    try {
      stage.configure?.(config, changes)
    } catch (error) {
      events.write({
        id: 0,
        level: 'error',
        source: 'module',
        text: `Module "${name}" could not take the new configuration; it goes on as it is.`,
        facts: {
          module: name,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        },
      })
    }
  }
}
