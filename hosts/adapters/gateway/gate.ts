/** Lets so many at a time through, and lets the others wait in a queue of limited length for a limited time. */
import { GatewayError } from './gateway-error.js'

export interface GateLimits {
  readonly atATime: number
  readonly queueLength: number
  /** Milliseconds. */
  readonly longestWait: number
}

interface Waiting {
  go(): void
  readonly timer: NodeJS.Timeout
}

export class Gate {
  private readonly limits: GateLimits
  private readonly waiting = new Set<Waiting>()
  private inside = 0

  constructor(limits: GateLimits) {
    this.limits = limits
  }

  /**
   * Resolves when there is room; whoever is inside calls `leave` once.
   *
   * @throws GatewayError 503 when the queue is full or the wait too long, and the signal's reason when it is aborted.
   */
  enter(signal: AbortSignal): Promise<void> {
    const { atATime, queueLength, longestWait } = this.limits
    if (this.inside < atATime) {
      this.inside++
      return Promise.resolve()
    }
    if (this.waiting.size >= queueLength)
      return Promise.reject(new GatewayError(503, `${queueLength} requests wait already (queueLength)`))
    return new Promise((resolve, reject) => {
      const leaveQueue = (): void => {
        clearTimeout(one.timer)
        signal.removeEventListener('abort', aborted)
        this.waiting.delete(one)
      }
      const aborted = (): void => {
        leaveQueue()
        reject(new GatewayError(503, 'the client has gone'))
      }
      const one: Waiting = {
        go: () => {
          leaveQueue()
          resolve()
        },
        timer: setTimeout(() => {
          leaveQueue()
          reject(new GatewayError(503, `no turn came within ${longestWait / 1000} s`))
        }, longestWait),
      }
      signal.addEventListener('abort', aborted)
      this.waiting.add(one)
    })
  }

  leave(): void {
    const next = this.waiting.values().next()
    // Whoever waits takes the place over.
    if (next.done) this.inside--
    else next.value.go()
  }
}
