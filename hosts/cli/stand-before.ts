/** A server that was replaced, and whose process somebody waits for, ends when the one that took its place ends. */
import type { ChildProcess } from 'node:child_process'

/** Conventional exit code of a process that a signal ended, less the number of the signal. */
const EXIT_BY_SIGNAL = 128

/** Passes signals on instead of heeding them. A terminal sends Ctrl-C to the new server too: that one is not passed on. */
export const standBefore = (successor: ChildProcess, onSignal: (signal: NodeJS.Signals) => void): void => {
  successor.ref()
  process.removeAllListeners('SIGHUP').removeAllListeners('SIGUSR2')
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) {
    if (process.platform === 'win32' && signal === 'SIGUSR2') continue
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) successor.kill(signal)
    })
  }
  successor.once('exit', (code) => {
    process.exit(code ?? EXIT_BY_SIGNAL)
  })
}
