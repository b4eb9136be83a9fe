/** What every side of one run of the benchmark shares. */
import type { Driver } from './load.js'

export interface Run {
  readonly driver: Driver
  /** Seconds of one measurement. */
  readonly seconds: number
  /** Seconds of load before it, so that hot code has been compiled; 0 is none. */
  readonly warmUp: number
  readonly rounds: number
  /** Whether it is enough to see that everything works. */
  readonly isSmoke: boolean
  /** Folder for configurations and logs; gone when the run has ended. */
  readonly folder: string
  /** Aborted when somebody wants the run to end. */
  readonly interrupted: AbortSignal
}
