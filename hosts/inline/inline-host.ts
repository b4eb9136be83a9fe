/**
 * Runs applications in the server's own thread, with no wall around them: IIS 5's in-process applications.
 *
 * What an application throws ends the server, its endless loop stops the server, and its code is never unloaded. Nothing
 * but this file lets code of applications into the process of the listener.
 */
import type { ApplicationSettings, Batch, WorkerSettings } from '../../core/contract/messages.js'
import type {
  WorkerEnd,
  WorkerHandle,
  WorkerHost,
  WorkerObserver,
  WorkerStart,
} from '../../core/contract/worker-host.js'
import type { Runtime } from '../runtime/runtime.js'

export const inlineHost: WorkerHost = {
  name: 'inline',
  start: (worker, observer) => new InlineWorker(worker, observer),
}

/** Batches pass in a tick of their own: what an application throws never passes through the listener's code. */
class InlineWorker implements WorkerHandle {
  readonly lanes = 1
  private readonly observer: WorkerObserver
  private runtime: Runtime | null = null
  /** What came before it was there. */
  private backlog: Batch[] = []
  private state: 'running' | 'ending' | 'ended' = 'running'

  constructor({ pool }: WorkerStart, observer: WorkerObserver) {
    this.observer = observer
    Object.assign(process.env, pool.environmentVariables)
    void this.load()
  }

  post(_lane: number, batch: Batch): void {
    if (this.state !== 'running') return
    if (this.runtime) process.nextTick(this.toRuntime, batch)
    else this.backlog.push(batch)
  }

  /** It is only cut off: nobody can stop code that runs in this very thread. */
  kill(): void {
    this.end({ kind: 'killed' })
  }

  /** Imported only now: a server without such applications has nothing of what runs them in its process. */
  private async load(): Promise<void> {
    const [{ standardAdapters }, { standardModules }, { installListenCapture }, { Runtime }] =
      await Promise.all([
        import('../adapters/standard.js'),
        import('../../modules/app/standard.js'),
        import('../runtime/listen-capture.js'),
        import('../runtime/runtime.js'),
      ])
    const adapters = await standardAdapters()
    installListenCapture('server')
    this.runtime = new Runtime({
      post: (batch) => {
        process.nextTick(this.toListener, batch)
      },
      adapters,
      modules: standardModules,
      onDrained: () => {
        this.end({ kind: 'stopped' })
      },
    })
    for (const batch of this.backlog) process.nextTick(this.toRuntime, batch)
    this.backlog = []
  }

  private readonly toRuntime = (batch: Batch): void => {
    this.runtime?.receive(batch.map(ownSettings))
  }

  private readonly toListener = (batch: Batch): void => {
    // What it says last may still be on its way when it has drained.
    if (this.state !== 'ended') this.observer.received(0, batch)
  }

  private end(end: WorkerEnd): void {
    if (this.state !== 'running') return
    this.state = end.kind === 'killed' ? 'ended' : 'ending'
    process.nextTick(() => {
      this.state = 'ended'
      this.observer.ended(end)
    })
  }
}

/** Applications get settings that they may write to, as they would in a thread; bytes belong to whoever gets them. */
const ownSettings = (part: unknown): unknown =>
  typeof part === 'object' && part !== null && !(part instanceof Uint8Array)
    ? structuredClone(part as ApplicationSettings | WorkerSettings)
    : part
