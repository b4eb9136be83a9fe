/** What the user reads, and the exit code, when a command cannot do what it was asked. */
import { relative } from 'node:path'
import { ConfigurationError, formatProblem, type ConfigurationProblem } from '../../core/errors.js'

/** What scripts can tell apart; docs/command-line.md lists them. */
export const exitCodes = {
  failed: 1,
  configuration: 2,
  notRunning: 3,
  notFound: 4,
  notPermitted: 5,
  conflict: 6,
  timeout: 7,
  notBuilt: 8,
} as const

/** A failure that has its words for the user: no stack is shown. */
export class CommandError extends Error {
  readonly exitCode: number
  readonly problems: readonly ConfigurationProblem[] | undefined

  constructor(message: string, exitCode: number, problems?: readonly ConfigurationProblem[]) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
    this.problems = problems
  }
}

/** Prints what is wrong, one line for each problem, and sets the exit code. */
export const reportFailure = (error: unknown, consequence = 'nothing was started'): void => {
  if (error instanceof ConfigurationError) {
    const file = shortest(error.file)
    for (const problem of error.problems) process.stderr.write(`${formatProblem(file, problem)}\n`)
    const count = error.problems.length
    process.stderr.write(`${count} problem${count === 1 ? '' : 's'} in ${file}; ${consequence}.\n`)
    process.exitCode = exitCodes.configuration
    return
  }
  if (error instanceof CommandError) {
    for (const { pointer, message } of error.problems ?? [])
      process.stderr.write(`${pointer || '/'}: ${message}\n`)
    process.stderr.write(`webgarden: ${error.message}\n`)
    process.exitCode = error.exitCode
    return
  }
  if (error instanceof Error && error.name === 'ServerRunsError') {
    process.stderr.write(`webgarden: ${error.message}\n`)
    process.exitCode = exitCodes.conflict
    return
  }
  process.stderr.write(
    `webgarden: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  process.exitCode = exitCodes.failed
}

/** A path as one would type it from here. */
export const shortest = (file: string): string => {
  const fromHere = relative(process.cwd(), file)
  return fromHere.startsWith('..') || fromHere === '' ? file : fromHere
}
