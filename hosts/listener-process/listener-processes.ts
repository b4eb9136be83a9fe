/** The listener processes of a server: with `webLimits.listenerThreads` above 1 they accept beside its own listener. */
import type { Server } from 'node:net'
import type {
  Application,
  Clock,
  EventLog,
  FlushTarget,
  RequestContext,
  RequestQueue,
  ServerConfig,
} from '../../core/index.js'
import type { Chains } from '../../core/pipeline/listener-steps.js'
import { Pipeline } from '../../core/pipeline/pipeline.js'
import type { Endpoint } from '../listener/endpoint.js'
import type { SharedListening } from '../listener/listening-socket.js'
import { Changes } from './changes.js'
import { ForgettingLimit } from './forgetting-limit.js'
import { ListenerProcess } from './listener-process.js'
import type { ApplicationName, ProcessSettings, ToProcess } from './messages.js'
import { RecordReader } from './record-reader.js'
import { RemoteListener, type ServerSide } from './remote-listener.js'
import { ShortLives } from './short-lives.js'

export interface ProcessesOptions {
  /** How many, beside the server's own listener. */
  readonly count: number
  readonly settings: Omit<ProcessSettings, 'count'>
  readonly clock: Clock
  readonly events: EventLog
  readonly find: (name: ApplicationName) => Application | undefined
}

interface Shared {
  readonly server: Server
  endpoint: Endpoint
}

export class ListenerProcesses {
  private readonly options: ProcessesOptions
  private readonly running = new Map<number, ListenerProcess>()
  private readonly sockets = new Map<number, Shared>()
  private readonly limit: ForgettingLimit
  private readonly changes = new Changes((what, number) => {
    for (const one of this.running.values()) {
      one.forgetting.add(number)
      one.tell({ ...what, number })
    }
    if (this.running.size > 0) this.limit.begin(number)
    return this.running.size
  })
  private readonly shortLives: ShortLives
  private readonly heeded = new WeakSet<RequestQueue>()
  private lastSocket = 0
  private config: ServerConfig
  private side: ServerSide | null = null
  private records: RecordReader | null = null
  private stopping = false

  constructor(options: ProcessesOptions) {
    const { clock, events, settings } = options
    this.options = options
    this.config = settings.config
    this.shortLives = new ShortLives(clock, events)
    this.limit = new ForgettingLimit(clock, events, () => this.running)
  }

  /** The server's chains with the stage that tells the processes what has changed. */
  chains(chains: Chains): Chains {
    return { ...chains, cache: [...chains.cache, this.changes.named] }
  }

  /** Resolves when all are ready to accept. */
  async start(pipeline: Pipeline, chains: Chains): Promise<void> {
    const { clock, events, count, find } = this.options
    const unattended = new Pipeline({ ...chains, log: [] }, events, clock)
    this.side = { clients: pipeline, unattended, heed: this.heed }
    this.records = new RecordReader(pipeline, find)
    for (let number = 2; number <= count + 1; number++) this.startOne(number)
    await Promise.all([...this.running.values()].map(({ ready }) => ready))
  }

  /** The processes accept on this socket too, from now on. */
  readonly share = (server: Server, { address, port, proxyProtocol = false }: Endpoint): SharedListening => {
    const socket = ++this.lastSocket
    const shared: Shared = { server, endpoint: { address, port, proxyProtocol } }
    this.sockets.set(socket, shared)
    for (const one of this.running.values()) if (one.isReady) listen(one, socket, shared)
    return {
      stop: () => {
        this.sockets.delete(socket)
        this.tellAll({ kind: 'stopListening', socket })
      },
      close: () => {
        this.sockets.delete(socket)
        this.tellAll({ kind: 'closeListening', socket })
      },
      expectProxyHeader: (on) => {
        shared.endpoint = { ...shared.endpoint, proxyProtocol: on }
        this.tellAll({ kind: 'proxyProtocol', socket, on })
      },
    }
  }

  configure(config: ServerConfig): void {
    this.config = config
    this.tellAll({ kind: 'configure', config })
  }

  /** Resolves when no process keeps it any more. */
  flush(what: FlushTarget | undefined): Promise<void> {
    return this.changes.flush(what)
  }

  /** The requests that are on their way through the server. */
  *requests(): Generator<RequestContext> {
    for (const { remote } of this.running.values()) yield* remote.underWay()
  }

  get connectionCount(): number {
    let count = 0
    for (const one of this.running.values()) count += one.connectionCount
    return count
  }

  /** They accept no more; each connection gets one more answer, within so many milliseconds. */
  async drain(grace: number): Promise<void> {
    this.stopping = true
    await this.askAll({ kind: 'drain', grace }, ({ drained }) => drained)
  }

  /** They accept no more and let requests finish; resolves when no connection is left. */
  async close(): Promise<void> {
    this.stopping = true
    await this.askAll({ kind: 'close' }, ({ closed }) => closed)
  }

  /** Resolves when nothing is left but tunnels; after `close`. */
  async requestsDone(): Promise<void> {
    await Promise.all([...this.running.values()].map(({ requestsDone }) => requestsDone))
  }

  destroy(but?: 'tunnels'): void {
    this.tellAll({ kind: 'destroy', but })
  }

  /** Resolves when they have told of their last requests, and are gone. */
  async end(): Promise<void> {
    this.stopping = true
    await this.askAll({ kind: 'end' }, ({ ended }) => ended)
  }

  kill(): void {
    this.stopping = true
    for (const one of this.running.values()) one.kill()
  }

  private startOne(number: number): void {
    const { options, side, records } = this
    if (!side || !records) return
    const { clock, count, events, settings } = options
    const startedAt = clock.now()
    const one = new ListenerProcess(number, (tell) => new RemoteListener(side, clock, tell), records, {
      event: (event) => {
        events.write(event)
      },
      forgotten: (change) => {
        this.changes.forgotten(change)
      },
      ended: (how) => {
        this.running.delete(number)
        if (this.stopping) return
        this.shortLives.follow(number, how, clock.now() - startedAt, () => {
          if (!this.stopping) this.startOne(number)
        })
      },
    })
    this.running.set(number, one)
    one.tell({ kind: 'start', settings: { ...settings, count, config: this.config } })
    // Not sooner: what comes before somebody listens would be accepted by nobody.
    void one.ready.then(() => {
      for (const [socket, shared] of this.sockets) listen(one, socket, shared)
    })
  }

  /** With the first response of this queue that a process may keep. */
  private readonly heed = (queue: RequestQueue): void => {
    if (this.heeded.has(queue)) return
    this.heeded.add(queue)
    queue.onEdition = () => {
      this.tellAll({ kind: 'recycled', pool: queue.name, edition: queue.edition })
    }
  }

  private async askAll(message: ToProcess, answer: (one: ListenerProcess) => Promise<void>): Promise<void> {
    this.tellAll(message)
    await Promise.all([...this.running.values()].map(answer))
  }

  private tellAll(message: ToProcess): void {
    for (const one of this.running.values()) one.tell(message)
  }
}

/** The handle itself, as node's own cluster sends it: node would make a server of its own of a server. */
const listen = (one: ListenerProcess, socket: number, { server, endpoint }: Shared): void => {
  const { _handle } = server as { _handle?: object | null }
  if (_handle) one.tell({ kind: 'listen', socket, endpoint }, _handle)
}
