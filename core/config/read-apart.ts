/**
 * Reads the configuration in a thread that ends with the reading: the schema, its compiler and the parser take some 50 MB
 * that a server has no use for afterwards. Nothing here may import them.
 */
import { Worker } from 'node:worker_threads'
import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { freeze } from './freeze.js'
import type { Answer } from './read-thread.js'
import type { ServerConfig } from './schema/index.js'

/** @throws ConfigurationError with all problems, each with its place in the file. */
export const readConfigApart = async (file: string): Promise<ServerConfig> => {
  const answer = await new Promise<Answer>((resolve, reject) => {
    const thread = new Worker(new URL('./read-thread.js', import.meta.url), { workerData: file })
    let heard: Answer | undefined
    thread.once('message', (message: Answer) => (heard = message))
    thread.once('error', reject)
    thread.once('exit', (code) => {
      if (heard) resolve(heard)
      else reject(new Error(`The thread that reads ${file} ended with exit code ${code}`))
    })
  })
  if ('problems' in answer) throw new ConfigurationError(answer.file, answer.problems)
  return freeze(answer.config)
}

/** Gives problems that showed only later (a module's options, a port in use) their places in the file. */
export const placeProblems = async (
  file: string,
  problems: readonly ConfigurationProblem[],
): Promise<ConfigurationError> => {
  const { errorIn } = await import('./read.js')
  return errorIn(file, problems)
}
