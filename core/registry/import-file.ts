/** Imports a file that an author has written, in JavaScript or in TypeScript. */
import { execFile } from 'node:child_process'
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
    if (error instanceof SyntaxError) await addPlace(error, file)
    throw error
  }
}

/** Node tells the place of a mistake in a module only to whoever ends by it: it is asked again, about this file alone. */
const addPlace = async (error: SyntaxError, file: string): Promise<void> => {
  if (error.message.includes(file)) return
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, ['--check', file], { timeout: 5_000 }, (_error, _out, stderr) => {
      resolve(stderr)
    })
  })
  // `file:///srv/hello.mjs:3`, the line, and a mark beneath what is wrong in it.
  const [, line, text = '', mark = ''] = /:(\d+)\r?\n(.*)\r?\n([ \t]*)\^/.exec(said) ?? []
  if (line === undefined) return
  error.message += ` (${file}:${line}:${mark.length + 1}: ${text.trim().slice(0, 120)})`
  error.stack = `SyntaxError: ${error.message}`
}
