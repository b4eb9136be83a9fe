/** Who is being replaced, and by whom, while a pool recycles. */
import type { PoolConfig } from '../contract/config.js'
import type { Worker } from './worker.js'

export interface Census {
  readonly workers: number
  /** Those of them that start. */
  readonly starting: number
}

export class Replacements {
  /** Nobody yet where the old one must end first. */
  private readonly by = new Map<Worker, Worker | null>()
  private readonly pool: () => PoolConfig

  constructor(pool: () => PoolConfig) {
    this.pool = pool
  }

  begin(old: Worker, replacement: Worker | null): void {
    this.by.set(old, replacement)
  }

  has(old: Worker): boolean {
    return this.by.has(old)
  }

  /** The one that `replacement` is to replace, while that one still runs. */
  replacedBy(replacement: Worker): Worker | undefined {
    for (const [old, by] of this.by) if (by === replacement && old.state === 'running') return old
    return undefined
  }

  /**
   * The workers that a pool has, and those of them that start. Left out is whoever makes no other unnecessary: one that is
   * not yet there in place of another, and one that is on its way out unless it must be gone first.
   */
  census(all: Iterable<Worker>): Census {
    const overlap = !this.pool().recycling.disallowOverlappingRotation
    let workers = 0
    let starting = 0
    for (const worker of all) {
      if (worker.state === 'stopping' ? overlap : this.replacedBy(worker) !== undefined) continue
      workers++
      if (worker.state === 'starting') starting++
    }
    return { workers, starting }
  }

  /** It stays, or it has ended. */
  forget(old: Worker): void {
    this.by.delete(old)
  }
}
