/**
 * Checks what applications list, in a thread that ends with the checking: their code is never imported by the server's own
 * thread. One that loops or crashes while it is imported costs a problem in the list.
 */
import { Worker } from 'node:worker_threads'
import { ConfigurationError, type ServerConfig } from '../../core/index.js'
import {
  listedExtensions,
  withCheckedOptions,
  type CheckedExtensions,
  type ListedExtension,
} from '../../core/registry/extensions.js'

/** Milliseconds that all imports together may take. */
const TIME_LIMIT = 30_000

export interface ExtensionsTask {
  readonly entries: readonly ListedExtension[]
  readonly directory: string
  /** Filters may ask for raw data. */
  readonly rawFilters: boolean
}

/** Which entry is being looked at, and in the end the result. */
export type ExtensionsMessage = { readonly at: string } | CheckedExtensions

/**
 * @returns the configuration with the defaults of the options filled in.
 * @throws ConfigurationError with all that is wrong at once.
 */
export const completeExtensions = async (config: ServerConfig): Promise<ServerConfig> => {
  const entries = listedExtensions(config)
  if (entries.length === 0) return config
  const checked = await checkApart({
    entries,
    directory: config.directory,
    rawFilters: config.isolationMode === 'iis5',
  })
  if (checked.problems.length > 0) throw new ConfigurationError(config.file, checked.problems)
  return withCheckedOptions(config, checked)
}

const checkApart = (task: ExtensionsTask): Promise<CheckedExtensions> =>
  new Promise((resolve) => {
    const thread = new Worker(new URL('./extensions-main.js', import.meta.url), { workerData: task })
    let at = ''
    const fail = (what: string): void => {
      clearTimeout(timer)
      resolve({ problems: [{ pointer: `${at}/module`, message: what }], options: {} })
      void thread.terminate()
    }
    const timer = setTimeout(() => {
      fail(`was not imported within ${TIME_LIMIT / 1000} s: importing it must do nothing by itself`)
    }, TIME_LIMIT)
    thread.on('message', (message: ExtensionsMessage) => {
      if ('at' in message) {
        at = message.at
        return
      }
      clearTimeout(timer)
      resolve(message)
      void thread.terminate()
    })
    thread.on('error', (error) => {
      fail(`ends the thread that imports it: ${error instanceof Error ? error.message : String(error)}`)
    })
    thread.on('exit', (code) => {
      fail(`ends the thread that imports it with exit code ${code}`)
    })
  })
