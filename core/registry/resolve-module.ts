/** Finds the file of a module or application that the configuration names. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { resolve as resolveImport } from 'import-meta-resolve'

/**
 * A package is looked for from `directory`, where its administrator installs it, not beside webgarden. As `require` does
 * (folders, missing extensions), and, for a package that is made for `import` alone, as `import` does.
 *
 * @returns an absolute path.
 * @throws Error of node's, which says what was looked for.
 */
export const resolveModule = (specifier: string, directory: string): string => {
  const from = join(directory, 'applicationHost.json')
  try {
    return createRequire(from).resolve(specifier)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error
    return fileURLToPath(resolveImport(specifier, pathToFileURL(from).href))
  }
}
