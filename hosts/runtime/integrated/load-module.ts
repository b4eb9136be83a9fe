/** Imports a module that an application lists, and sees to it that it is one. */
import type { ApplicationSettings, ExtensionSettings } from '../../../core/contract/messages.js'
import type { WorkerModule } from '../../../core/contract/worker-module.js'
import { importExtension } from '../../../core/registry/import-extension.js'
import type { StandardModules } from './load-integrated.js'

/** @throws Error that names the entry and says what is wrong with it. */
export const loadModule = async (
  { name, module }: Pick<ExtensionSettings, 'name' | 'module'>,
  { physicalPath }: ApplicationSettings,
  standard: StandardModules,
): Promise<WorkerModule> => {
  if (module === undefined) {
    const found = standard[name]
    if (found) return found()
    const known = Object.keys(standard).map((one) => `"${one}"`)
    throw new Error(
      `There is no standard module "${name}"; known are ${known.join(', ')}. Others need a "module".`,
    )
  }
  return (await importExtension(module, physicalPath, 'module')) as WorkerModule
}
