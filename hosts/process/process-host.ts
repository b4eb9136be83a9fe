/** Runs workers as child processes: own memory, own account; whatever one does to itself, and starts, ends with it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { ToListener, type Batch } from '../../core/contract/messages.js'
import type {
  WorkerEnd,
  WorkerHandle,
  WorkerHost,
  WorkerObserver,
  WorkerStart,
} from '../../core/contract/worker-host.js'
import { allowedTime } from '../../core/was/cpu-limit.js'
import { wasEvents } from '../../core/was/events.js'
import { ControlGroup } from './control-group.js'
import { DutyCycle } from './duty-cycle.js'
import { encodeFrame, FrameReader, LAST_FRAME } from './framing.js'
import { guardian, MARK } from './guardian.js'
import { readLastWords } from './last-words.js'
import { launchOf } from './launch.js'
import { passOn, Tail } from './output.js'
import { processorTime } from './processor-time.js'
import { endOf } from './worker-end.js'

export const processHost: WorkerHost = {
  name: 'process',
  start: (worker, observer) => new ProcessWorker(worker, observer),
}

/** Characters of last words and of standard error that are kept for the evidence. */
const KEPT = 32_768
const KEPT_PRINTED = 4_096

/** Milliseconds that standard error, and the pipes, may stay open after the end: somebody else may hold them. */
const PRINTED_LATE = 250
const SAID_LATE = 2_000

/** Milliseconds after its last words in which a worker has ended, unless something holds it. */
const HELD_AFTER = 1_000

/** Windows has no groups; there libuv's job object ends children with the server. */
const GROUPS = process.platform !== 'win32'

class ProcessWorker implements WorkerHandle {
  /** A process has one event loop. */
  readonly lanes = 1
  readonly pid: number | undefined
  private readonly observer: WorkerObserver
  private child: ChildProcess | null = null
  private toWorker: Socket | null = null
  private lastWords = new Tail()
  private printed = new Tail()
  private brake: DutyCycle | ControlGroup | null = null
  private state: 'running' | 'abandoned' | 'killed' | 'ended' = 'running'
  private drained = false
  private spoke = false

  constructor(worker: WorkerStart, observer: WorkerObserver) {
    this.observer = observer
    try {
      this.start(worker)
    } catch (error) {
      process.nextTick(() => {
        this.end({ kind: 'crashed', error: error as Error })
      })
    }
    this.pid = this.child?.pid
  }

  post(_lane: number, batch: Batch): void {
    if (this.state === 'running' && !this.drained) this.toWorker?.write(encodeFrame(batch))
  }

  processorTime(): number | undefined {
    return this.pid === undefined || this.state === 'ended' ? undefined : processorTime(this.pid)
  }

  kill(): void {
    if (this.state === 'killed' || this.state === 'ended') return
    this.state = 'killed'
    if (this.pid !== undefined) guardian.reclaim(this.pid)
    this.killTree()
  }

  /** It runs on, unthrottled; the last frame tells it not to end itself when its pipes close with the server. */
  abandon(): void {
    const { child } = this
    if (this.state !== 'running' || child?.pid === undefined) return
    this.state = 'abandoned'
    this.brake?.end()
    this.signal('SIGCONT')
    this.toWorker?.write(LAST_FRAME)
    if (GROUPS) guardian.orphan(child.pid)
    // What it says is read on, or it would wait for that; neither it nor its pipes hold up the end of the server.
    child.unref()
    for (const pipe of child.stdio) (pipe as Socket | null | undefined)?.unref()
  }

  private start(worker: WorkerStart): void {
    const { command, args, env, event } = launchOf(worker)
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
      // Leader of a group, so that one signal reaches whatever it starts.
      detached: GROUPS,
      env: { ...env, [MARK]: guardian.markOf(worker.id) },
    })
    this.child = child
    child.once('error', (error) => {
      if (child.pid === undefined) this.end({ kind: 'crashed', error })
    })
    if (child.pid === undefined) return
    if (GROUPS) guardian.guard(child.pid, worker.id)
    const [, stdout, stderr, toWorker, fromWorker, lastWords] = child.stdio as unknown as Socket[]
    if (!stdout || !stderr || !toWorker || !fromWorker || !lastWords) return
    passOn(stdout, process.stdout)
    passOn(stderr, process.stderr)
    this.printed = new Tail(stderr, KEPT_PRINTED)
    this.lastWords = new Tail(lastWords, KEPT)
    lastWords.once('data', () => {
      setTimeout(this.lookForDebugger, HELD_AFTER).unref()
    })
    this.toWorker = toWorker
    // It has ended; what else there is to say of that comes with its exit.
    toWorker.on('error', () => undefined)
    this.listen(fromWorker)
    if (event) {
      process.nextTick(() => {
        this.received([ToListener.EVENT, event])
      })
    }
    this.throttle(worker, child.pid)
    const closed = Promise.all([closeOf(fromWorker), closeOf(lastWords)])
    const printed = closeOf(stderr)
    child.once('exit', (exitCode, signal) => {
      this.killTree()
      if (child.pid !== undefined) guardian.bury(child.pid)
      void Promise.all([inTime(closed, SAID_LATE), inTime(printed, PRINTED_LATE)]).then(() => {
        this.end(this.endOf(exitCode, signal))
      })
    })
  }

  /** A limit is the whole pool's: each worker has an equal part of it. */
  private throttle({ id, pool }: WorkerStart, pid: number): void {
    const { limit, action, resetInterval } = pool.cpu
    if (action !== 'Throttle' || limit === 0 || resetInterval === 0) return
    const share = allowedTime(limit, availableParallelism(), 1) / pool.processModel.maxProcesses
    let toldAt = -Infinity
    const held = (): void => {
      if (performance.now() - toldAt < resetInterval) return
      toldAt = performance.now()
      this.received([ToListener.EVENT, wasEvents.cpuHeld(pool.name, id, share)])
    }
    const signal = (name: NodeJS.Signals): void => {
      this.signal(name)
    }
    this.brake = ControlGroup.of(pid, share, held) ?? new DutyCycle(pid, share, signal, held)
    this.brake.start()
  }

  private listen(fromWorker: Socket): void {
    const reader = new FrameReader(
      (batch) => {
        this.spoke = true
        this.received(batch)
      },
      () => {
        this.drained = true
      },
    )
    fromWorker.on('data', (piece: Buffer) => {
      try {
        reader.push(piece)
      } catch (error) {
        fromWorker.removeAllListeners('data').resume()
        this.received([String(error)])
      }
    })
    fromWorker.on('error', () => undefined)
  }

  private received(batch: Batch): void {
    if (this.state === 'running') this.observer.received(0, batch)
  }

  /** Last words come at once before the end; node lets a debugger that is attached disconnect first. */
  private readonly lookForDebugger = (): void => {
    const { child, state } = this
    if (state !== 'running' || child?.exitCode !== null || child.signalCode !== null) return
    const error = readLastWords(this.lastWords.text)
    if (error) this.observer.held?.({ kind: 'crashed', error })
  }

  private killTree(): void {
    this.brake?.end()
    this.signal('SIGKILL')
  }

  private signal(name: NodeJS.Signals): void {
    const pid = this.child?.pid
    if (pid === undefined) return
    try {
      process.kill(GROUPS ? -pid : pid, name)
    } catch {
      // Nobody is left.
    }
  }

  private endOf(exitCode: number | null, signal: NodeJS.Signals | null): WorkerEnd {
    return endOf({
      exitCode,
      signal,
      drained: this.drained,
      killed: this.state === 'killed',
      spoke: this.spoke,
      lastWords: this.lastWords.text,
      printed: this.printed.text,
    })
  }

  private end(end: WorkerEnd): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    this.toWorker?.destroy()
    this.observer.ended(end)
  }
}

const inTime = (promise: Promise<unknown>, milliseconds: number): Promise<unknown> =>
  Promise.race([promise, delay(milliseconds, undefined, { ref: false })])

const closeOf = async (stream: Socket): Promise<void> => {
  if (!stream.closed) await once(stream, 'close').catch(() => undefined)
}
