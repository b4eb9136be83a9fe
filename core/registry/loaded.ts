/** What the registry knows of a module of the configuration once it has been imported and its options checked. */
import type { AdapterModule } from '../contract/adapter.js'
import type { BalancerModule } from '../contract/balancer.js'
import type { LogFacts } from '../contract/log.js'
import type { ServerConfig } from '../contract/config.js'
import type { Slot, StageModule } from '../contract/stage.js'

/** A log module is known by its facts alone: nothing here imports it. */
export type DeclaredModule = StageModule | AdapterModule | BalancerModule | LogFacts

export interface LoadedModule {
  readonly name: string
  readonly module: DeclaredModule
  /** Checked, with the schema's defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>
  /** The file that it was imported from; undefined for a standard one. */
  readonly file: string | undefined
  /** What the configuration says of the worker of a log module. */
  readonly logWorker?: LogWorkerConfig
}

export type LogWorkerConfig = ServerConfig['modules'][number]['logWorker']

export interface LoadedLog extends LoadedModule {
  readonly module: LogFacts
  readonly file: string
  readonly logWorker: LogWorkerConfig
}

export type StandardStages = Readonly<Record<Slot, StageModule>>

/** Files of the standard log modules, by their names. */
export type StandardLogs = Readonly<Record<string, string>>
