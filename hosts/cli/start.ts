/** `webgarden start`: serves until a signal comes, then drains; a second signal ends at once. */
import { startServer, type RunningServer } from '../start.js'
import { reportFailure } from './failure.js'
import { printSummary } from './summary.js'

/** Conventional exit code of a process that a signal ended: 128 and its number. */
const EXIT_SECOND_SIGNAL = 130

export const start = async (file: string): Promise<void> => {
  let server: RunningServer
  try {
    server = await startServer(file)
  } catch (error) {
    reportFailure(error)
    return
  }
  printSummary(server)
  process.stdout.write('ready\n')
  stopOnSignal(server)
  reloadOnSignal(server)
}

/** Where a terminal hangs up, its user has gone; anywhere else SIGHUP is the way to say that files have changed: logs too. */
const reloadOnSignal = (server: RunningServer): void => {
  if (process.stdin.isTTY) return
  process.on('SIGHUP', () => {
    server.reopenLogs()
    // The event log has what is wrong.
    server.reload().catch(() => undefined)
  })
}

const stopOnSignal = (server: RunningServer): void => {
  let stopping = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) {
      server.kill()
      process.exit(EXIT_SECOND_SIGNAL)
    }
    stopping = true
    process.stdout.write(`\n${signal}: finishing what is under way (again to end at once)\n`)
    server.stop().then(
      () => {
        process.stdout.write('stopped\n')
        process.exit(0)
      },
      (error: unknown) => {
        reportFailure(error)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
}
