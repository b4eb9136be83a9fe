/** Finds the module among what a file exports: the first value that a define function has stamped. */
import type { AdapterModule } from '../contract/adapter.js'
import type { BalancerModule } from '../contract/balancer.js'
import type { LogModule } from '../contract/log.js'
import type { StageModule } from '../contract/stage.js'

export type ExportedModule = StageModule | AdapterModule | BalancerModule | LogModule

export const moduleOf = (exported: Readonly<Record<string, unknown>>): ExportedModule | undefined =>
  Object.values(exported).find(isModule)

const isModule = (value: unknown): value is ExportedModule =>
  typeof value === 'object' &&
  value !== null &&
  ['stage', 'adapter', 'balancer', 'log'].includes(String((value as { kind?: unknown }).kind))
