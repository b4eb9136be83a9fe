/** The thread of `readConfigApart`: reads one file, answers with the configuration or its problems, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { readConfig } from './read.js'
import type { ServerConfig } from './schema/index.js'

export type Answer =
  | { readonly config: ServerConfig }
  | { readonly file: string; readonly problems: readonly ConfigurationProblem[] }

const answer = (): Answer => {
  try {
    return { config: readConfig(workerData as string).config }
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return { file: error.file, problems: error.problems }
  }
}

parentPort?.postMessage(answer())
