/**
 * Cuts clients that read their responses too slowly (webLimits.minBytesPerSecond). Only connections whose socket is full are
 * looked at, once a second, all together.
 */
import type { Socket } from 'node:net'
import type { Clock, RequestContext } from '../../../core/index.js'
import type { LimitedConnection } from './limited-connection.js'

const LOOK = 1000
/** Where no connectionTimeout bounds it. */
const LONGEST_ALLOWANCE = 120_000

interface Reader {
  /** The request whose response fills the socket. */
  readonly method: string
  readonly target: string
  readonly since: number
  /** Bytes that the system had taken then. */
  readonly from: number
  /** Milliseconds in which those that waited then should be gone. */
  readonly allowance: number
}

/** What is logged of a request that is over already. */
export type SlowRequest = Pick<Reader, 'method' | 'target'>

export class SlowReaders {
  private readonly clock: Clock
  private readonly cut: (connection: LimitedConnection, request: SlowRequest) => void
  private readonly readers = new Map<LimitedConnection, Reader>()
  private rate: number
  private cancel: (() => void) | null = null

  constructor(
    clock: Clock,
    rate: number,
    cut: (connection: LimitedConnection, request: SlowRequest) => void,
  ) {
    this.clock = clock
    this.rate = rate
    this.cut = cut
  }

  /** Bytes a second; 0 is no limit. */
  configure(rate: number): void {
    this.rate = rate
    if (rate === 0) this.readers.clear()
  }

  /** A write has filled the socket of a connection. */
  full(connection: LimitedConnection, { method, target }: RequestContext): void {
    const { socket } = connection
    // Much of what a write calls full the system has taken at once.
    if (this.rate === 0 || socket.writableLength === 0 || this.readers.has(connection)) return
    const longest = connection.siteLimits?.timeout
    this.readers.set(connection, {
      method,
      target,
      since: this.clock.now(),
      from: takenOf(socket),
      allowance: Math.min(
        (socket.writableLength * 1000) / this.rate,
        longest === 0 ? LONGEST_ALLOWANCE : (longest ?? LONGEST_ALLOWANCE),
      ),
    })
    this.cancel ??= this.clock.after(LOOK, this.look)
  }

  private readonly look = (): void => {
    this.cancel = null
    const now = this.clock.now()
    for (const [connection, reader] of this.readers) {
      const { socket } = connection
      if (socket.destroyed || socket.writableLength === 0) this.readers.delete(connection)
      else {
        const earned = ((takenOf(socket) - reader.from) * 1000) / this.rate
        if (now - reader.since <= reader.allowance + earned) continue
        this.readers.delete(connection)
        this.cut(connection, reader)
      }
    }
    if (this.readers.size > 0) this.cancel ??= this.clock.after(LOOK, this.look)
  }
}

/** Bytes that the system has taken: node counts those too that still wait in the socket. */
const takenOf = (socket: Socket): number => {
  const { _handle: handle } = socket as { _handle?: { bytesWritten: number; writeQueueSize: number } | null }
  return handle ? handle.bytesWritten - handle.writeQueueSize : socket.bytesWritten - socket.writableLength
}
