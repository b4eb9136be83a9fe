/** What a worker process says when an error ends it: written by the worker at once, read by the server after its end. */
import { writeSync } from 'node:fs'

/** The worker's end of the pipe. */
const FD = 5

interface LastWords {
  readonly name: string
  readonly message: string
  readonly stack: string
}

/**
 * Runs in the worker, before any code of an application. An application that catches what nobody caught lives on, as it
 * would anywhere.
 */
export const leaveLastWords = (): void => {
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    if (process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback())
      return
    const known = error instanceof Error ? error : new Error(String(error))
    const words: LastWords = {
      name: known.name,
      message: known.message.slice(0, LONGEST),
      stack: (known.stack ?? '').slice(0, LONGEST),
    }
    try {
      writeSync(FD, JSON.stringify(words))
    } catch {
      // Then node's own report on standard error has to do.
      return
    }
    // One that is attached sees the worker as it failed; without one this is nothing. After it node waits until it lets go.
    debugger
    // The server tells it, with the stack; node need not print it once more.
    process.exit(1)
  })
}

/** The error that a worker has left; undefined where there is none, or half of one. */
export const readLastWords = (text: string): Error | undefined => {
  if (text === '') return undefined
  try {
    const { name, message, stack } = JSON.parse(text) as LastWords
    return Object.assign(new Error(message), { name, stack })
  } catch {
    return undefined
  }
}

/** Characters of a message or a stack: what fits into the pipe while nobody reads. */
const LONGEST = 8192
