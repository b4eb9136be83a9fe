/** The old server's side of a restart: starts the new one, gives it the sockets, and hears whether it can go. */
import { spawn, type ChildProcess, type SendHandle } from 'node:child_process'
import { ConfigurationError } from '../../core/index.js'
import { PREDECESSOR, type ControlPlace, type FromPredecessor, type FromSuccessor } from './messages.js'

/** What the new server needs of the old one. */
export interface Inheritance {
  readonly sockets: ReadonlyMap<string, object>
  readonly control: string | null
  /** The old process stays, doing nothing, until the new one ends. */
  readonly stays: boolean
  /** Leaves the name of the control socket to the new server, in one step. */
  release(control: ControlPlace | null): void
}

export interface SuccessorOptions {
  /** Milliseconds until it must be ready. */
  readonly timeLimit: number
  /** The command line of the new server, without node itself; default: that of this process. */
  readonly args?: readonly string[]
}

/** Milliseconds that a new server that failed gets to end by itself. */
const LAST_RESPITE = 5_000

/**
 * Resolves with its process when it has taken over; from then on this server shall accept nothing.
 *
 * @throws ConfigurationError with what is wrong with the configuration, or Error: then the new one has been ended, and all is
 * as it was.
 */
export const startSuccessor = (
  inheritance: Inheritance,
  options: SuccessorOptions,
): Promise<ChildProcess> => {
  const { args = [...process.execArgv, ...process.argv.slice(1)], timeLimit } = options
  const child = spawn(process.execPath, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [PREDECESSOR]: String(process.pid) },
  })
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      settle()
      end(child)
      reject(error)
    }
    const onError = (error: Error): void => {
      fail(new Error(`the new server could not be started: ${error.message}`))
    }
    const onExit = (code: number | null, signal: string | null): void => {
      const how = code === null ? `by ${String(signal)}` : `with exit code ${code}`
      fail(new Error(`the new server ended ${how} before it was ready`))
    }
    const onMessage = (message: unknown): void => {
      const known = message as FromSuccessor
      switch (known.kind) {
        case 'checked':
          give(child, inheritance, known.wants)
          break
        case 'ready':
          settle()
          inheritance.release(known.control)
          post(child, { kind: 'over' })
          child.channel?.unref()
          child.unref()
          resolve(child)
          break
        case 'failed': {
          const { message: why, configuration } = known
          fail(
            configuration
              ? new ConfigurationError(configuration.file, configuration.problems)
              : new Error(why),
          )
        }
      }
    }
    const timer = setTimeout(() => {
      fail(new Error(`the new server was not ready within ${timeLimit / 1000} s`))
    }, timeLimit)
    const settle = (): void => {
      clearTimeout(timer)
      child.off('exit', onExit)
      child.off('message', onMessage)
      child.off('error', onError)
      child.on('error', () => undefined)
    }
    child.on('error', onError)
    child.on('exit', onExit)
    child.on('message', onMessage)
  })
}

const give = (
  child: ChildProcess,
  { sockets, control, stays }: Inheritance,
  wants: readonly string[],
): void => {
  for (const key of wants) {
    const handle = sockets.get(key)
    if (handle) post(child, { kind: 'socket', key }, handle)
  }
  post(child, { kind: 'sockets', control, stays })
}

/** Whether it was heard is seen by what it does. */
const post = (child: ChildProcess, message: FromPredecessor, handle?: object): void => {
  if (child.connected) child.send(message, handle as SendHandle | undefined, () => undefined)
}

const end = (child: ChildProcess): void => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), LAST_RESPITE)
  timer.unref()
  child.once('exit', () => {
    clearTimeout(timer)
  })
}
