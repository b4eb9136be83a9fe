/** Which workers were started under which configuration, and whether a change of it has reached all of them. */
import type { Worker } from './worker.js'

export class Renewal {
  /** The configuration that workers are started under now. */
  edition = 0
  private readonly editions = new WeakMap<Worker, number>()
  private settle: (cameUp: boolean) => void = () => undefined

  started(worker: Worker): void {
    this.editions.set(worker, this.edition)
  }

  isOld(worker: Worker): boolean {
    return this.editions.get(worker) !== this.edition
  }

  /** Waits until no worker is old that could be replaced. One that was waited for before counts as done. */
  begin(): Promise<boolean> {
    this.settle(true)
    return new Promise((resolve) => {
      this.settle = resolve
    })
  }

  /** Asked whenever a worker has become ready, stops or has ended. */
  check(workers: Iterable<Worker>): void {
    for (const worker of workers) {
      const lives = worker.state === 'starting' || worker.state === 'running'
      if (lives && this.isOld(worker)) return
    }
    this.settle(true)
  }

  /** A worker of the new configuration has ended before it was ready. */
  failed(): void {
    this.settle(false)
  }
}
