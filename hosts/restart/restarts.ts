/** The restarts of one server: its own, in another's place, and that of the one which takes its place. */
import type { ChildProcess } from 'node:child_process'
import { ConfigurationError, type EventLog } from '../../core/index.js'
import { notifySystemd } from './notify-systemd.js'
import { Predecessor } from './predecessor.js'
import { startSuccessor, type Inheritance } from './successor.js'

/** As the default startupTimeLimit of a worker, in milliseconds. */
const TIME_LIMIT = 90_000

export type Estates = Omit<Inheritance, 'stays'>

/** A process that serves and does nothing else has one; it is what can be restarted. */
export class Restarts {
  /** The server whose place this one takes. */
  readonly predecessor = Predecessor.find()
  /** Resolves with the process that has taken over. */
  readonly replaced: Promise<ChildProcess>
  private tellReplaced: (successor: ChildProcess) => void = () => undefined
  private state: 'serving' | 'restarting' | 'replaced' = 'serving'
  private readonly timeLimit: number

  constructor(timeLimit = TIME_LIMIT) {
    this.timeLimit = timeLimit
    this.replaced = new Promise((resolve) => (this.tellReplaced = resolve))
  }

  /** Whether another server with the same configuration, and the same files, is there now. */
  readonly isOverlapped = (): boolean =>
    this.state === 'replaced' || (this.predecessor !== null && !this.predecessor.hasEnded)

  /** Somebody waits for this process, and would take its end for that of the server: a terminal's shell, a container. */
  get stays(): boolean {
    return process.stdin.isTTY || process.pid === 1 || this.predecessor?.stays === true
  }

  get isReplaced(): boolean {
    return this.state === 'replaced'
  }

  /** Why there can be no restart now; null where there can. */
  get obstacle(): string | null {
    if (this.state === 'restarting') return 'the server is being restarted already; wait until that is done'
    if (this.state === 'replaced')
      return 'another server has taken the place of this one, which finishes what it has'
    if (this.predecessor && !this.predecessor.hasEnded)
      return `the server that this one replaces (process ${this.predecessor.pid}) still finishes what it has; wait until it has ended`
    return null
  }

  /** @throws as `startSuccessor`; the server goes on as it was then. */
  async restart(who: string, events: EventLog, estate: Estates): Promise<{ pid: number }> {
    if (this.obstacle !== null) throw new Error(this.obstacle)
    this.state = 'restarting'
    tell(events, 'info', `The server is restarted: asked for by ${who}.`, { pid: process.pid })
    await notifySystemd(['RELOADING=1'])
    try {
      const successor = await startSuccessor({ ...estate, stays: this.stays }, { timeLimit: this.timeLimit })
      const { pid = 0 } = successor
      this.state = 'replaced'
      tell(events, 'info', `Process ${pid} serves now; this one finishes what it has.`, { pid })
      this.tellReplaced(successor)
      return { pid }
    } catch (error) {
      this.state = 'serving'
      await notifySystemd(['READY=1'])
      tell(events, 'error', `The restart has failed, and the server goes on as it was: ${reasonOf(error)}.`, {
        pid: process.pid,
      })
      throw error
    }
  }
}

const reasonOf = (error: unknown): string => {
  if (error instanceof ConfigurationError)
    return `the configuration ${error.file} is wrong; ${error.problems.map(({ message }) => message).join('; ')}`
  return error instanceof Error ? error.message : String(error)
}

const tell = (
  events: EventLog,
  level: 'info' | 'error',
  text: string,
  facts: Record<string, unknown>,
): void => {
  events.write({ id: 0, level, source: 'WAS', text, facts })
}
