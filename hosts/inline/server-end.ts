/** Tells, as the last thing the server does, that an application in its own process has ended it. */
import type { EventLog } from '../../core/contract/events.js'

const MEANING = 'This ends the whole server, as isolationMode iis5 has it for what runs in its own process'
const REMEDY = '"appIsolated": "pooled" or "isolated" would have kept the other sites alive.'

/** From now on; returns what ends it, for a server that is to stop. */
export const reportServerEnd = (events: EventLog): (() => void) => {
  const write = (text: string, facts: Readonly<Record<string, unknown>>): void => {
    unwatch()
    events.write({ id: 0, level: 'error', source: 'W3SVC', text, facts })
  }
  const onError = (error: unknown): void => {
    // Somebody catches it after all, though it be an application.
    if (process.listenerCount('uncaughtException') > 0) return
    const { message, stack } = error instanceof Error ? error : new Error(`${String(error)} was thrown`)
    write(`An error that nobody caught: ${message}. ${MEANING}; ${REMEDY}`, { error: stack })
  }
  const onExit = (exitCode: number): void => {
    write(`Somebody called process.exit(${exitCode}). ${MEANING}; ${REMEDY}`, { exitCode })
  }
  const unwatch = (): void => {
    process.off('uncaughtExceptionMonitor', onError)
    process.off('exit', onExit)
  }
  process.on('uncaughtExceptionMonitor', onError)
  process.on('exit', onExit)
  return unwatch
}
