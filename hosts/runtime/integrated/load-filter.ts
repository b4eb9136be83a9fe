/** Loads a filter that an application lists. */
import type { FilterModule } from '../../../core/contract/filter.js'
import type { ApplicationSettings, ExtensionSettings } from '../../../core/contract/messages.js'
import type { WorkerScope } from '../../../core/contract/worker-module.js'
import { findExtension, type KnownExtensions } from './find-extension.js'

export interface LoadedFilter {
  /** Its place among those of the application. */
  readonly at: number
  readonly name: string
  readonly filter: FilterModule
  readonly options: Readonly<Record<string, unknown>>
}

const ORDER = { high: 0, medium: 1, low: 2 } as const

/** By priority; among equals as the configuration lists them. */
export const inFilterOrder = (filters: readonly Omit<LoadedFilter, 'at'>[]): LoadedFilter[] =>
  [...filters]
    .sort((a, b) => ORDER[a.filter.priority ?? 'low'] - ORDER[b.filter.priority ?? 'low'])
    .map((filter, at) => ({ ...filter, at }))

/** @throws Error that names the filter and says what is wrong with it. */
export const loadFilter = async (
  entry: ExtensionSettings,
  application: ApplicationSettings,
  scope: WorkerScope,
  known: KnownExtensions,
): Promise<Omit<LoadedFilter, 'at'>> => {
  const { name, options } = entry
  const filter = (await findExtension(entry, 'filter', application, known)) as FilterModule
  await filter.load?.(scope, options)
  return { name, filter, options }
}
