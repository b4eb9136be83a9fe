/** What the user reads, and the exit code, when a command cannot do what it was asked. */
import { relative } from 'node:path'
import { ConfigurationError, formatProblem } from '../../core/errors.js'

/** The configuration is wrong: the exit code that scripts can tell apart from a crash. */
export const EXIT_CONFIGURATION = 2

/** Prints what is wrong, one line for each problem, and sets the exit code. */
export const reportFailure = (error: unknown): void => {
  if (error instanceof ConfigurationError) {
    const file = shortest(error.file)
    for (const problem of error.problems) process.stderr.write(`${formatProblem(file, problem)}\n`)
    const count = error.problems.length
    process.stderr.write(`${count} problem${count === 1 ? '' : 's'} in ${file}; nothing was started.\n`)
    process.exitCode = EXIT_CONFIGURATION
    return
  }
  process.stderr.write(
    `webgarden: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  process.exitCode = 1
}

/** A path as one would type it from here. */
const shortest = (file: string): string => {
  const fromHere = relative(process.cwd(), file)
  return fromHere.startsWith('..') || fromHere === '' ? file : fromHere
}
