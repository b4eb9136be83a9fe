/** The listener processes of a server: with `webLimits.listenerThreads` above 1 they accept beside its own listener. */
import type { Server } from 'node:http'
import type { Application, Clock, EventLog, RequestContext, ServerConfig } from '../../core/index.js'
import type { Chains } from '../../core/pipeline/listener-steps.js'
import { Pipeline } from '../../core/pipeline/pipeline.js'
import type { Endpoint } from '../listener/listener.js'
import type { SharedListening } from '../listener/listening-socket.js'
import { Changes } from './changes.js'
import { ListenerProcess } from './listener-process.js'
import type { ApplicationName, ProcessSettings, ToProcess } from './messages.js'
import { RecordReader } from './records.js'
import { RemoteListener, type Pipelines } from './remote-listener.js'

/** One that has lived for less than this, in milliseconds, is not replaced at once. */
const SHORT_LIFE = 5_000
const PATIENCE = 1_000
/** So many short lives one after the other, and there is no further one: the others go on without it. */
const MOST_SHORT_LIVES = 5

export interface ProcessesOptions {
  /** How many, beside the server's own listener. */
  readonly count: number
  readonly settings: ProcessSettings
  readonly clock: Clock
  readonly events: EventLog
  readonly find: (name: ApplicationName) => Application | undefined
}

interface Shared {
  readonly server: Server
  readonly endpoint: Endpoint
}

export class ListenerProcesses {
  private readonly options: ProcessesOptions
  private readonly running = new Map<number, ListenerProcess>()
  private readonly sockets = new Map<number, Shared>()
  private readonly changes = new Changes((request, number) => {
    for (const one of this.running.values()) {
      one.forgetting.add(number)
      one.tell({ kind: 'changed', number, request })
    }
    return this.running.size
  })
  private lastSocket = 0
  /** Short lives of each number, one after the other. */
  private readonly shortLives = new Map<number, number>()
  private config: ServerConfig
  private pipelines: Pipelines | null = null
  private records: RecordReader | null = null
  private stopping = false

  constructor(options: ProcessesOptions) {
    this.options = options
    this.config = options.settings.config
  }

  /** The server's chains with the stage that tells the processes what has changed. */
  chains(chains: Chains): Chains {
    return { ...chains, cache: [...chains.cache, this.changes.named] }
  }

  /** Resolves when all are ready to accept. */
  async start(pipeline: Pipeline, chains: Chains): Promise<void> {
    const { clock, events, count, find } = this.options
    this.pipelines = { clients: pipeline, unattended: new Pipeline({ ...chains, log: [] }, events, clock) }
    this.records = new RecordReader(pipeline, find)
    for (let number = 2; number <= count + 1; number++) this.startOne(number)
    await Promise.all([...this.running.values()].map(({ ready }) => ready))
  }

  /** The processes accept on this socket too, from now on. */
  readonly share = (server: Server, endpoint: Endpoint): SharedListening => {
    const socket = ++this.lastSocket
    this.sockets.set(socket, { server, endpoint })
    for (const one of this.running.values()) one.tell({ kind: 'listen', socket, endpoint }, server)
    return {
      stop: () => {
        this.sockets.delete(socket)
        this.tellAll({ kind: 'stopListening', socket })
      },
      close: () => {
        this.sockets.delete(socket)
        this.tellAll({ kind: 'closeListening', socket })
      },
    }
  }

  configure(config: ServerConfig): void {
    this.config = config
    this.tellAll({ kind: 'configure', config })
  }

  /** @param what - as the stages of the cache take it */
  flush(what?: unknown): void {
    this.tellAll({ kind: 'flush', what })
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

  /** They accept no more and let requests finish; resolves when no connection is left. */
  async close(): Promise<void> {
    this.stopping = true
    this.tellAll({ kind: 'close' })
    await Promise.all([...this.running.values()].map(({ closed }) => closed))
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
    this.tellAll({ kind: 'end' })
    await Promise.all([...this.running.values()].map(({ ended }) => ended))
  }

  kill(): void {
    this.stopping = true
    for (const one of this.running.values()) one.kill()
  }

  private startOne(number: number): void {
    const { options, pipelines, records } = this
    if (!pipelines || !records) return
    const { clock } = options
    const startedAt = clock.now()
    const one = new ListenerProcess(number, (post) => new RemoteListener(pipelines, clock, post), records, {
      event: (event) => {
        options.events.write(event)
      },
      forgotten: (change) => {
        this.changes.forgotten(change)
      },
      ended: (how) => {
        this.running.delete(number)
        if (!this.stopping) this.replace(number, how, clock.now() - startedAt)
      },
    })
    this.running.set(number, one)
    one.tell({ kind: 'start', settings: { ...options.settings, config: this.config } })
    for (const [socket, { server, endpoint }] of this.sockets)
      one.tell({ kind: 'listen', socket, endpoint }, server)
  }

  private replace(number: number, how: string, lived: number): void {
    const { events, clock } = this.options
    const shortLives = lived < SHORT_LIFE ? (this.shortLives.get(number) ?? 0) + 1 : 0
    this.shortLives.set(number, shortLives)
    const isGivenUp = shortLives > MOST_SHORT_LIVES
    const follows = isGivenUp ? 'it is not replaced any more' : 'another one takes its place'
    events.write({
      id: 0,
      level: 'error',
      source: 'W3SVC',
      text: `Listener process ${number} ended ${how}; its clients were cut off, and ${follows}.`,
      facts: { listener: number, lived },
    })
    if (isGivenUp) return
    clock.after(shortLives > 0 ? PATIENCE : 0, () => {
      if (!this.stopping) this.startOne(number)
    })
  }

  private tellAll(message: ToProcess): void {
    for (const one of this.running.values()) one.tell(message)
  }
}
