/** Imports a module or filter that an application lists, and sees to it that it is one. */
import { pathToFileURL } from 'node:url'
import type { ApplicationSettings, ExtensionSettings } from '../../../core/contract/messages.js'
import type { WorkerModule } from '../../../core/contract/worker-module.js'
import { resolveModule } from '../../../core/registry/resolve-module.js'
import type { StandardModules } from './load-integrated.js'

/** @throws Error that names the entry and says what is wrong with it. */
export const loadExtension = async (
  { name, module }: Pick<ExtensionSettings, 'name' | 'module'>,
  kind: 'module' | 'filter',
  { physicalPath }: ApplicationSettings,
  standard: StandardModules,
): Promise<WorkerModule> => {
  if (module === undefined) {
    const found = kind === 'module' ? standard[name] : undefined
    if (found) return found()
    const known = Object.keys(standard).map((one) => `"${one}"`)
    throw new Error(
      `There is no standard module "${name}"; known are ${known.join(', ')}. Others need a "module".`,
    )
  }
  const made = await importOfKind(module, physicalPath, kind)
  return made as WorkerModule
}

/**
 * The first export of a file or package that was made with the right function of `webgarden`.
 *
 * @throws Error when it cannot be imported or exports none.
 */
export const importOfKind = async (
  module: string,
  folder: string,
  kind: 'module' | 'filter' | 'handler',
): Promise<{ readonly kind: string }> => {
  const exports = (await import(pathToFileURL(resolveModule(module, folder)).href)) as Record<string, unknown>
  const found = Object.values(exports).find(
    (value): value is { kind: string } =>
      typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === kind,
  )
  if (found) return found
  throw new Error(`${module} exports no ${kind}; make one with ${MAKERS[kind]} of webgarden and export it`)
}

const MAKERS = { module: 'defineModule', filter: 'defineFilter', handler: 'defineHandler' } as const
