/** `webgarden start`: serves until a signal comes, then drains; a second signal ends at once. */
import { notifySystemd, Restarts, startServer, type RunningServer } from '../start.js'
import { standBefore } from './stand-before.js'
import { reportFailure } from './failure.js'
import { printSummary } from './summary.js'

/** Conventional exit code of a process that a signal ended: 128 and its number. */
const EXIT_SECOND_SIGNAL = 130

export const start = async (file: string): Promise<void> => {
  const restarts = new Restarts()
  let server: RunningServer
  try {
    server = await startServer(file, process.stderr, restarts)
  } catch (error) {
    reportFailure(error)
    await restarts.predecessor?.failed(error)
    return
  }
  printSummary(server)
  process.stdout.write('ready\n')
  if (!restarts.predecessor) await notifySystemd(['READY=1'])
  stopOnSignal(server, restarts)
  reloadOnSignal(server)
  restartOnSignal(server)
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

const restartOnSignal = (server: RunningServer): void => {
  // There is no such signal on Windows.
  if (process.platform === 'win32') return
  process.on('SIGUSR2', () => {
    // The event log has what is wrong.
    server.restart('SIGUSR2').catch(() => undefined)
  })
}

const stopOnSignal = (server: RunningServer, restarts: Restarts): void => {
  let stopping = false
  const stop = async (): Promise<void> => {
    stopping = true
    try {
      await server.stop()
    } catch (error) {
      reportFailure(error)
      process.exit(1)
    }
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) {
      server.kill()
      process.exit(EXIT_SECOND_SIGNAL)
    }
    process.stdout.write(`\n${signal}: finishing what is under way (again to end at once)\n`)
    void notifySystemd(['STOPPING=1'])
    void stop().then(() => {
      process.stdout.write('stopped\n')
      process.exit(0)
    })
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  void restarts.replaced.then((successor) => {
    if (restarts.stays) standBefore(successor, onSignal)
    void stop().then(() => {
      if (!restarts.stays) process.exit(0)
    })
  })
}
