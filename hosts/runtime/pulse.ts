/** What a worker's own event loop says of itself when it is pinged; no application has a part in it. */
import { performance, type EventLoopUtilization } from 'node:perf_hooks'

export class Pulse {
  /** Bytes in use. */
  readonly memory: () => number
  private last: EventLoopUtilization = performance.eventLoopUtilization()

  constructor(memory = memoryOfIsolate) {
    this.memory = memory
  }

  /** Share of the time since the last call in which the loop was busy. */
  utilisation(): number {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.last)
    this.last = now
    return utilization
  }
}

/** Bytes of this isolate: its heap, and what hangs on it outside. */
const memoryOfIsolate = (): number => {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
