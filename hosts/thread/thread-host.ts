/** Runs workers as Piscina threads: own heap, own event loop; a crash, an exit or an endless loop stays inside. */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { Piscina } from 'piscina'
import type { Batch } from '../../core/contract/messages.js'
import { DRAINED } from './drained.js'
import type {
  WorkerEnd,
  WorkerHandle,
  WorkerHost,
  WorkerObserver,
  WorkerStart,
} from '../../core/contract/worker-host.js'

const MAIN = fileURLToPath(new URL('./worker-main.js', import.meta.url))

export const threadHost: WorkerHost = {
  name: 'thread',
  start: (worker, observer) => new ThreadWorker(worker, observer),
}

/**
 * One Piscina instance with as many threads as the pool's `processModel.threads`, each with one task that lasts. Piscina's
 * queue stays empty: requests wait in the request queue, and WAS decides on restarts.
 */
class ThreadWorker implements WorkerHandle {
  readonly lanes: number
  private readonly piscina: Piscina
  private readonly ports: MessagePort[] = []
  private readonly observer: WorkerObserver
  /** Lanes whose task has not come to its end. */
  private alive: number
  private ending: 'no' | 'abandoned' | 'killed' | 'ended' = 'no'

  constructor({ pool }: WorkerStart, observer: WorkerObserver) {
    this.observer = observer
    this.lanes = pool.processModel.threads
    this.alive = this.lanes
    this.piscina = new Piscina({
      filename: MAIN,
      // Nothing may start a thread but a task of ours: with a minimum, Piscina would replace a crashed one by itself.
      minThreads: 0,
      maxThreads: this.lanes,
      concurrentTasksPerWorker: 1,
      // Piscina's threads sleep in Atomics.wait between tasks; ours have one task, whose loop must turn.
      atomics: 'disabled',
      recordTiming: false,
      idleTimeout: 0,
      resourceLimits: pool.resourceLimits,
      env: { ...process.env, ...pool.environmentVariables },
    })
    // A thread that fails before it has taken its task is told here, and nowhere else: its task waits for ever.
    this.piscina.on('error', (error) => {
      this.end(endOf(error))
    })
    this.piscina.on('workerDestroy', () => {
      setImmediate(this.lookForLost)
    })
    const lives = Array.from({ length: this.lanes }, (_value, lane) => this.startLane(lane))
    void Promise.allSettled(lives).then(() => {
      this.end({ kind: 'stopped' })
    })
  }

  post(lane: number, batch: Batch, transfer?: ArrayBuffer[]): void {
    if (this.ending === 'no') this.ports[lane]?.postMessage(batch, transfer ?? NOTHING)
  }

  kill(): void {
    if (this.ending === 'killed' || this.ending === 'ended') return
    this.ending = 'killed'
    void this.destroy().then(() => {
      this.end({ kind: 'killed' })
    })
  }

  /** Its threads stay; nothing passes between them and the server any more. */
  abandon(): void {
    if (this.ending !== 'no') return
    this.ending = 'abandoned'
    for (const port of this.ports) port.unref()
  }

  private async startLane(lane: number): Promise<void> {
    const { port1, port2 } = new MessageChannel()
    this.ports.push(port1)
    port1.on('message', (batch: Batch) => {
      if (this.ending === 'no') this.observer.received(lane, batch)
    })
    try {
      const result: unknown = await this.piscina.run({ port: port2 }, { transferList: [port2] })
      if (result === DRAINED) this.alive--
      else this.end(endOf(result))
    } catch (error) {
      // One thread of a worker that ends takes the worker with it, as in a process.
      this.end(endOf(error))
    }
  }

  /** A thread has gone. Unless its task has told why, or is done, nobody will. */
  private readonly lookForLost = (): void => {
    if (this.ending === 'ended' || this.alive <= this.piscina.threads.length) return
    this.end({ kind: 'crashed', error: new Error('The thread ended before it had taken its task') })
  }

  private end(end: WorkerEnd): void {
    if (this.ending === 'ended') return
    const killed = this.ending === 'killed'
    this.ending = 'ended'
    for (const port of this.ports) port.close()
    if (!killed) void this.destroy()
    this.observer.ended(killed ? { kind: 'killed' } : end)
  }

  private async destroy(): Promise<void> {
    try {
      await this.piscina.destroy()
    } catch {
      // A thread that has ended already needs no end.
    }
  }
}

const NOTHING: ArrayBuffer[] = []

const endOf = (error: unknown): WorkerEnd => {
  const known = error instanceof Error ? error : new Error(`${inspect(error)} was thrown`)
  if ((known as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY')
    return { kind: 'outOfMemory', error: known }
  const exit = /^worker exited with code: (-?\d+)$/.exec(known.message)
  if (exit) return { kind: 'exited', exitCode: Number(exit[1]) }
  return { kind: 'crashed', error: known }
}
