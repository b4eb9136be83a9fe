/** What the registry knows of a module of the configuration once it has been imported and its options checked. */
import type { AdapterModule } from '../contract/adapter.js'
import type { BalancerModule } from '../contract/balancer.js'
import type { Slot, StageModule } from '../contract/stage.js'

export type DeclaredModule = StageModule | AdapterModule | BalancerModule

export interface LoadedModule {
  readonly name: string
  readonly module: DeclaredModule
  /** Checked, with the schema's defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>
  /** The file that it was imported from; undefined for a standard one. */
  readonly file: string | undefined
}

export type StandardStages = Readonly<Record<Slot, StageModule>>
