/** Workers that failed and were cut off instead of ended, for a debugger: WAS has forgotten them, they still use resources. */
import type { Clock } from '../clock.js'
import type { PoolConfig } from '../contract/config.js'
import type { EventLog } from '../contract/events.js'
import { wasEvents } from './events.js'
import type { History } from './history.js'
import { divideParameters, runAction } from './run-action.js'

export interface Orphan {
  readonly worker: number
  readonly pool: string
  /** Process that it lives in: the server's own where it is a thread. */
  readonly pid: number
  /** Whether it ends with the server. */
  readonly inServer: boolean
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Ends it at once. */
  readonly end: () => void
}

/**
 * The parameters of orphanActionExe: `%1` process id, `%2` reason, `%3` pool, `%4` worker; `%1%` and so on mean the same.
 * What is put in is never divided.
 */
export const orphanParameters = (parameters: string, orphan: Omit<Orphan, 'end'>): string[] => {
  const values = [orphan.pid, orphan.reason, orphan.pool, orphan.worker].map(String)
  return divideParameters(parameters).map((parameter) =>
    parameter.replace(/%([1-4])%?/g, (_match, number: string) => values[Number(number) - 1] ?? ''),
  )
}

export interface OrphansOptions {
  readonly clock: Clock
  readonly events: EventLog
}

/** How a worker was cut off. */
export interface CutOff {
  /** The limit that it has passed. */
  readonly reason: string
  /** Process that it runs in, where that is not the server's own. */
  readonly pid: number | undefined
  readonly end: () => void
}

export class Orphans {
  private readonly living = new Set<Orphan>()
  private readonly around: OrphansOptions
  private whenGone: (() => void)[] = []

  constructor(around: OrphansOptions) {
    this.around = around
  }

  /** Those that live, oldest first. */
  get all(): readonly Orphan[] {
    return [...this.living]
  }

  /** Takes in a worker that WAS has cut off, and runs the action of its pool. */
  adopt(worker: number, { name, failure }: PoolConfig, cutOff: CutOff, history: History): void {
    const { clock, events } = this.around
    const { reason, pid = process.pid, end } = cutOff
    const inServer = cutOff.pid === undefined
    const orphan = { worker, pool: name, pid, inServer, reason, since: clock.now(), end }
    this.living.add(orphan)
    history.report('orphaned', worker, wasEvents.orphaned(name, worker, pid, reason, this.living.size))
    if (failure.orphanActionExe === '') return
    runAction(failure.orphanActionExe, orphanParameters(failure.orphanActionParams, orphan), (error) => {
      events.write(wasEvents.actionFailed(name, failure.orphanActionExe, error))
    })
  }

  /** It has ended after all. */
  remove(worker: number): void {
    for (const orphan of this.living) {
      if (orphan.worker !== worker) continue
      this.living.delete(orphan)
      this.around.events.write(wasEvents.orphanEnded(orphan.pool, worker, this.living.size))
    }
    this.tell()
  }

  /** The server stops: ends those that live in it, leaves the others alone; resolves when the former have ended. */
  async stop(): Promise<void> {
    for (const orphan of this.all) {
      if (orphan.inServer) orphan.end()
      else this.around.events.write(wasEvents.orphanLeft(orphan.pool, orphan.worker, orphan.pid))
    }
    await new Promise<void>((resolve) => {
      this.whenGone.push(resolve)
      this.tell()
    })
  }

  private tell(): void {
    if (this.all.some(({ inServer }) => inServer)) return
    const waiting = this.whenGone
    this.whenGone = []
    for (const resolve of waiting) resolve()
  }
}
