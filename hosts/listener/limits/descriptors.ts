/** Notices that the process has nearly as many open files as the system allows, before anything fails for it. */
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { EventLog } from '../../../core/index.js'

/** Kept free for what must open a file while no connection is let in: logs, modules, workers. */
const reserveOf = (limit: number): number => Math.max(16, Math.min(256, Math.floor(limit / 16)))

export class Descriptors {
  private readonly events: EventLog
  private readonly most: number
  /** Connections refused since accepting paused; 0 while it goes on. */
  private refused = 0

  constructor(events: EventLog, limit = systemLimit()) {
    this.events = events
    this.most = limit - reserveOf(limit)
  }

  /** A new descriptor has the lowest free number, so that one number tells how many are open. */
  isExhausted(socket: Socket): boolean {
    const fd = (socket as { _handle?: { fd?: number } | null })._handle?.fd ?? 0
    if (fd < this.most) {
      if (this.refused > 0) this.recovered()
      return false
    }
    if (this.refused++ === 0) {
      this.events.write({
        id: 0,
        level: 'error',
        source: 'W3SVC',
        text: 'Too many open files: accepting pauses, new connections are closed until some are free. Raise the limit (ulimit -n, LimitNOFILE), or set webLimits.maxConnections.',
        facts: { most: this.most },
      })
    }
    return true
  }

  /** The system could not give a connection: it is told, and listening goes on. */
  failed(error: NodeJS.ErrnoException): void {
    this.events.write({
      id: 0,
      level: 'error',
      source: 'W3SVC',
      text: `A connection could not be accepted: ${error.message}. Listening goes on.`,
      facts: { code: error.code },
    })
  }

  private recovered(): void {
    const { refused } = this
    this.refused = 0
    this.events.write({
      id: 0,
      level: 'info',
      source: 'W3SVC',
      text: `Connections are accepted again; ${refused} were refused meanwhile.`,
      facts: { refused },
    })
  }
}

/** Node raises its limit to the highest allowed one at its start; where the system does not tell, there is none to us. */
const systemLimit = (): number => {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1')
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity) || Infinity
  } catch {
    return Infinity
  }
}
