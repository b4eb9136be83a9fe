/** Imports the module, filter or handler that an application lists, and sees to it that it is one. */
import { pathToFileURL } from 'node:url'
import { satisfies } from 'semver'
import { version } from '../version.js'
import { resolveModule } from './resolve-module.js'

const MAKERS = { module: 'defineModule', filter: 'defineFilter', handler: 'defineHandler' } as const

/** What every definition has. */
export interface Extension {
  readonly kind: string
  readonly webgarden?: string
}

/**
 * The first export of a file or package that was made with the right function of `webgarden`.
 *
 * @param folder - where a package is looked for
 * @throws Error when it cannot be imported, exports none, or is made for another version.
 */
export const importExtension = async (
  module: string,
  folder: string,
  kind: keyof typeof MAKERS,
): Promise<Extension> => {
  const exports = (await import(pathToFileURL(resolveModule(module, folder)).href)) as Record<string, unknown>
  const found = Object.values(exports).find(
    (value): value is Extension =>
      typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === kind,
  )
  if (!found)
    throw new Error(`${module} exports no ${kind}; make one with ${MAKERS[kind]} of webgarden and export it`)
  const { webgarden } = found
  if (webgarden !== undefined && !satisfies(version, webgarden)) {
    throw new Error(
      `${module} is made for webgarden ${webgarden}, and this is ${version}; install one that fits`,
    )
  }
  return found
}
