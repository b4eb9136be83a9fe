/** Finds the definition behind an entry of `modules`, `filters` or `handlers`: a file, a package, or one that is known by name. */
import type { ApplicationSettings } from '../../../core/contract/messages.js'
import { importExtension, type Extension } from '../../../core/registry/import-extension.js'

/** What needs no file: the standard modules, each imported when it is wanted. */
export type KnownExtensions = Readonly<Record<string, () => Promise<Extension>>>

/** @throws Error that says what is wrong with the entry. */
export const findExtension = async (
  { name, module }: { readonly name: string; readonly module: string | undefined },
  kind: 'module' | 'filter' | 'handler',
  { physicalPath }: ApplicationSettings,
  known: KnownExtensions,
): Promise<Extension> => {
  if (module !== undefined) return importExtension(module, physicalPath, kind)
  const found = await known[name]?.()
  if (found?.kind === kind) return found
  const names = Object.keys(known).map((one) => `"${one}"`)
  throw new Error(
    `There is no standard ${kind} "${name}"; known are ${names.join(', ')}. Others need a "module".`,
  )
}
