/** Sets up a module of the pipeline, and sees to it that what it returns can be called. */
import type { WorkerModule, WorkerScope } from '../../../core/contract/worker-module.js'
import { workerStates } from '../../../core/pipeline/worker-states.js'
import { refuseMisspelt } from '../../../core/registry/misspelt.js'
import type { ExtensionSettings } from '../../../core/contract/messages.js'
import type { NamedModule } from './integrated-pipeline.js'

const KNOWN = [...workerStates.map(({ state }) => state), 'sendResponse', 'endOfConnection', 'close']

/** @throws Error that names the module: what `setup` has thrown, or that nothing would be called. */
export const setUp = async (
  { name, options }: ExtensionSettings,
  definition: WorkerModule,
  scope: WorkerScope,
): Promise<NamedModule> => {
  const module: unknown = await definition.setup(scope, options)
  if (typeof module !== 'object' || module === null)
    throw new TypeError(
      `Module "${name}": setup must return an object with a function for each event, not ${String(module)}`,
    )
  refuseMisspelt(module, KNOWN, `Module "${name}"`)
  for (const key of KNOWN) {
    const heard: unknown = (module as Readonly<Record<string, unknown>>)[key]
    if (heard !== undefined && typeof heard !== 'function')
      throw new TypeError(`Module "${name}": ${key} must be a function`)
  }
  return { name, module }
}
