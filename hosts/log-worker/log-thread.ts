/** The thread of one log module: a Piscina instance with one task, whose promise is the thread's life. */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { Piscina } from 'piscina'
import type { LogStart } from './batch.js'
import { CLOSED, type FromLogWorker, type ToLogWorker } from './messages.js'

const MAIN = fileURLToPath(new URL('./worker-main.js', import.meta.url))

export interface LogThreadObserver {
  heard(message: FromLogWorker): void
  /** Once. `why` is null where it has ended as it was told to, and words for the administrator else. */
  ended(why: string | null): void
}

export interface LogThread {
  post(message: ToLogWorker): void
  /** Ends it at once, whatever it does; `ended` is not called any more. */
  destroy(): void
}

export type StartLogThread = (observer: LogThreadObserver) => LogThread

export const startLogThread = (
  start: LogStart,
  maxOldGenerationSizeMb: number,
  observer: LogThreadObserver,
): LogThread => {
  const piscina = new Piscina({
    filename: MAIN,
    // Nothing may start a thread but the task of ours: with a minimum, Piscina would replace a crashed one by itself.
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    // Piscina's threads sleep in Atomics.wait between tasks; this one has one task, whose loop must turn.
    atomics: 'disabled',
    recordTiming: false,
    idleTimeout: 0,
    resourceLimits: { maxOldGenerationSizeMb },
  })
  piscina.on('error', () => undefined)
  const { port1, port2 } = new MessageChannel()
  const thread = new RunningThread(piscina, port1, observer)
  piscina.run({ port: port2, start }, { transferList: [port2] }).then(
    (result: unknown) => {
      thread.end(result === CLOSED ? null : explain(result))
    },
    (error: unknown) => {
      thread.end(explain(error))
    },
  )
  return thread
}

class RunningThread implements LogThread {
  private readonly piscina: Piscina
  private readonly port: MessagePort
  private readonly observer: LogThreadObserver
  private ended = false

  constructor(piscina: Piscina, port: MessagePort, observer: LogThreadObserver) {
    this.piscina = piscina
    this.port = port
    this.observer = observer
    port.on('message', (message: FromLogWorker) => {
      if (!this.ended) observer.heard(message)
    })
    // The task keeps the server alive as long as it is wanted.
    port.unref()
  }

  post(message: ToLogWorker): void {
    if (!this.ended) this.port.postMessage(message)
  }

  destroy(): void {
    if (this.ended) return
    this.ended = true
    this.port.close()
    // A thread that has ended already needs no end.
    this.piscina.destroy().catch(() => undefined)
  }

  end(why: string | null): void {
    if (this.ended) return
    this.destroy()
    this.observer.ended(why)
  }
}

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return `${inspect(error)} was thrown`
  if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') return 'it was out of memory'
  const exit = /^worker exited with code: (-?\d+)$/.exec(error.message)
  return exit ? `it called process.exit(${exit[1] ?? ''})` : error.message
}

/** As `start`, but not before `moment`: until then the thread seems to be starting. */
export const startAfter =
  (moment: Promise<void>, start: StartLogThread): StartLogThread =>
  (observer) => {
    let thread: LogThread | null = null
    let destroyed = false
    void moment.then(() => {
      if (!destroyed) thread = start(observer)
    })
    return {
      post: (message) => thread?.post(message),
      destroy: () => {
        destroyed = true
        thread?.destroy()
      },
    }
  }
