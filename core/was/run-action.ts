/** Runs the administrator's program at an event of a pool: without a shell, apart from the server, and never waited for. */
import { spawn } from 'node:child_process'

/** What is done where the program cannot be run. */
export type ActionFailed = (error: Error) => void

/** Parameters are divided at blanks; double quotes hold one together. */
export const divideParameters = (parameters: string): string[] =>
  [...parameters.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

export const runAction = (program: string, parameters: readonly string[], failed: ActionFailed): void => {
  const child = spawn(program, parameters, { stdio: 'ignore', detached: true })
  child.on('error', failed)
  child.unref()
}
