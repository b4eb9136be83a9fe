/** One listener process, seen from the server: what it is told, and what it tells. */
import { fork, type ChildProcess, type SendHandle } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ServerEvent } from '../../core/index.js'
import type { RemoteListener } from './remote-listener.js'
import type { FromProcess, ToProcess } from './messages.js'
import type { RecordReader } from './record-reader.js'

const MAIN = fileURLToPath(new URL('./process-main.js', import.meta.url))

export interface ProcessObserver {
  readonly event: (event: ServerEvent) => void
  readonly forgotten: (number: number) => void
  /** It has ended, meant or not. */
  readonly ended: (how: string) => void
}

/** A promise that others resolve. */
class Occasion {
  readonly promise: Promise<void>
  happen: () => void = () => undefined

  constructor() {
    this.promise = new Promise((resolve) => {
      this.happen = resolve
    })
  }
}

export class ListenerProcess {
  readonly pid: number | undefined
  connectionCount = 0
  /** It has what it needs to accept. */
  isReady = false
  readonly remote: RemoteListener
  /** Numbers of the changing requests that it has not forgotten yet. */
  readonly forgetting = new Set<number>()
  private readonly records: RecordReader
  private readonly child: ChildProcess
  private readonly observer: ProcessObserver
  private readonly occasions = {
    ready: new Occasion(),
    drained: new Occasion(),
    requestsDone: new Occasion(),
    closed: new Occasion(),
    ended: new Occasion(),
  }

  /** @param number - from 2: the server's own listener is the first */
  constructor(
    number: number,
    remote: (tell: (message: ToProcess) => void) => RemoteListener,
    records: RecordReader,
    observer: ProcessObserver,
  ) {
    this.records = records
    this.observer = observer
    this.remote = remote((message) => {
      this.tell(message)
    })
    this.child = fork(MAIN, [], {
      // Shown by ps. What node was told of the server, a debugger's port for instance, is not for it.
      execArgv: [`--title=webgarden listener ${number}`],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.pid = this.child.pid
    this.child.on('message', (message) => {
      this.heard(message as FromProcess)
    })
    this.child.once('error', (error) => {
      this.end(error.message)
    })
    this.child.once('close', (code, signal) => {
      this.end(signal ? `by signal ${signal}` : `with exit code ${code ?? 0}`)
    })
  }

  /** Resolves also when it has ended, as all of these do. */
  get ready(): Promise<void> {
    return this.occasions.ready.promise
  }

  /** After `drain` was told: each connection has had its last answer, or its time is over. */
  get drained(): Promise<void> {
    return this.occasions.drained.promise
  }

  /** After `close` was told: no requests are left, but tunnels maybe. */
  get requestsDone(): Promise<void> {
    return this.occasions.requestsDone.promise
  }

  get closed(): Promise<void> {
    return this.occasions.closed.promise
  }

  get ended(): Promise<void> {
    return this.occasions.ended.promise
  }

  /** To one that has ended it does nothing. */
  tell(message: ToProcess, handle?: object): void {
    if (!this.child.connected) return
    // A failure is seen by its end.
    this.child.send(message, handle as SendHandle | undefined, () => undefined)
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }

  private heard(message: FromProcess): void {
    switch (message.kind) {
      case 'batch':
        this.remote.receive(message.batch)
        break
      case 'records':
        this.records.read(message.records)
        break
      case 'connections':
        this.connectionCount = message.count
        break
      case 'event':
        this.observer.event(message.event)
        break
      case 'forgotten':
        this.forgetting.delete(message.number)
        this.observer.forgotten(message.number)
        break
      case 'ready':
        this.isReady = true
        this.occasions.ready.happen()
        break
      case 'drained':
      case 'requestsDone':
      case 'closed':
      case 'ended':
        this.occasions[message.kind].happen()
        break
    }
  }

  private end(how: string): void {
    this.connectionCount = 0
    this.remote.lose()
    this.observer.ended(how)
    for (const number of this.forgetting) this.observer.forgotten(number)
    this.forgetting.clear()
    for (const occasion of Object.values(this.occasions)) occasion.happen()
  }
}
