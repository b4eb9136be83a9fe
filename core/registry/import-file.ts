/** Imports a file that an author has written, in JavaScript or in TypeScript. */
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'

const TYPESCRIPT = new Set(['.ts', '.mts', '.cts'])

/**
 * TypeScript is left to node, which strips the types from 22.18 and 23.6 on.
 *
 * @param file - absolute
 * @throws what the file throws; where this node runs no TypeScript, an Error that says what to do.
 */
export const importFile = async (file: string): Promise<Record<string, unknown>> => {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (error) {
    // Whatever the file throws, null too.
    const code = (error as NodeJS.ErrnoException | null)?.code
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && TYPESCRIPT.has(extname(file))) {
      const remedy = 'compile it to JavaScript (tsc) and name that file, or run with node 22.18 or later'
      throw new Error(`node ${process.version} does not run TypeScript (${file}): ${remedy}`, {
        cause: error,
      })
    }
    if (
      code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' ||
      code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING'
    ) {
      const remedy = 'node only strips types: compile it to JavaScript (tsc) and name that file'
      throw new Error(`${(error as Error).message} (${file}); ${remedy}`, { cause: error })
    }
    throw error
  }
}
