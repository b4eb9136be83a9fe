/**
 * Looks at a module in a thread that ends with the look: a log module must not run where requests are served, and what it exports
 * tells whether it is one. An import that hangs, exits or crashes costs that thread.
 */
import { Worker } from 'node:worker_threads'
import type { LogFacts } from '../contract/log.js'
import type { ConfigurationProblem } from '../errors.js'

/** What the thread is told. */
export interface Inspection {
  readonly file: string
  readonly options: Readonly<Record<string, unknown>>
  /** Where the options stand in the configuration file. */
  readonly pointer: string
  readonly directory: string
}

/** What it finds. `other`: something that is not a log module, or no module at all. */
export type Inspected =
  | {
      readonly kind: 'log'
      readonly facts: LogFacts
      readonly webgarden: string | undefined
      readonly options: Readonly<Record<string, unknown>>
      readonly problems: readonly ConfigurationProblem[]
    }
  | { readonly kind: 'other' }
  | { readonly kind: 'failed'; readonly message: string }

/** Milliseconds that a module may take to be imported: as long as a stage has for its set-up. */
const TIME_LIMIT = 10_000

export const inspectApart = async (inspection: Inspection, timeLimit = TIME_LIMIT): Promise<Inspected> => {
  const thread = new Worker(new URL('./inspect-thread.js', import.meta.url), { workerData: inspection })
  return new Promise((resolve) => {
    const settle = (found: Inspected): void => {
      clearTimeout(timer)
      resolve(found)
      void thread.terminate()
    }
    const timer = setTimeout(() => {
      settle({ kind: 'failed', message: `was not loaded within ${timeLimit / 1000} s` })
    }, timeLimit)
    thread.once('message', settle)
    thread.once('error', (error: unknown) => {
      const why = error instanceof Error ? error.message : `${String(error)} was thrown`
      settle({ kind: 'failed', message: `cannot be loaded: ${why}` })
    })
    thread.once('exit', (code) => {
      settle({ kind: 'failed', message: `ends the thread that loads it, with exit code ${code}` })
    })
  })
}
