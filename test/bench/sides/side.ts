/** One thing that is measured in each round. */
import type { Figure, Measured } from '../figures.js'
import type { Run } from '../run.js'

export interface Side {
  readonly title: string
  /** What `measure` answers. */
  readonly figures: readonly Figure[]
  /** Why it cannot be measured on this machine, or null. */
  missing?(): Promise<string | null>
  /** Starts what it needs, measures, and ends it again. Throws when an answer is not 2xx. */
  measure(run: Run): Promise<Measured>
}
