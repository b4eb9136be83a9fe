/** Dynamic idle: while memory is short, idle workers end sooner (IIS: webLimits.dynamicIdleThreshold). */
import type { Clock } from '../clock.js'
import type { EventLog } from '../contract/events.js'
import { wasEvents } from './events.js'

export type Pressure = 'normal' | 'high' | 'severe'

/**
 * @param inUse - percent of the machine's memory
 * @param threshold - percent; 0 is off
 */
export const pressureOf = (inUse: number, threshold: number): Pressure => {
  if (threshold === 0 || inUse < threshold * 0.8) return 'normal'
  return inUse < threshold * 0.9 ? 'high' : 'severe'
}

const SHARE: Readonly<Record<Pressure, number>> = { normal: 1, high: 0.5, severe: 0.1 }

/** What is left of an idle timeout, in milliseconds; none stays none. */
export const shortened = (timeout: number, pressure: Pressure): number => timeout * SHARE[pressure]

export interface MemoryPressureOptions {
  readonly clock: Clock
  readonly events: EventLog
  /** Percent; 0 is off. It may change. */
  readonly threshold: () => number
  readonly memoryInUse: () => number
}

/** Milliseconds between two looks at the machine's memory. */
const LOOK = 10_000

export class MemoryPressure {
  private level: Pressure = 'normal'
  private readonly options: MemoryPressureOptions
  private cancel: () => void = () => undefined

  constructor(options: MemoryPressureOptions) {
    this.options = options
  }

  start(): void {
    this.look()
  }

  stop(): void {
    this.cancel()
  }

  /** What is left of an idle timeout, in milliseconds, as things are now. */
  shorten(timeout: number): number {
    return shortened(timeout, this.level)
  }

  private look(): void {
    const { clock, events, memoryInUse } = this.options
    const threshold = this.options.threshold()
    const inUse = threshold > 0 ? memoryInUse() : 0
    const level = pressureOf(inUse, threshold)
    if (level !== this.level) events.write(wasEvents.memoryPressure(level, inUse, threshold))
    this.level = level
    this.cancel = clock.after(LOOK, () => {
      this.look()
    })
  }
}
