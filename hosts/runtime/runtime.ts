/** What runs inside every worker: turns messages into node's own request and response objects, and back. */
import { ServerResponse, type IncomingMessage } from 'node:http'
import { PROTOCOL_VERSION, RequestFlags, ToListener } from '../../core/contract/messages.js'
import type { AdapterModule } from '../../core/contract/adapter.js'
import type { DrainNotice } from '../../core/contract/hosted-worker.js'
import type { ServerEvent } from '../../core/contract/events.js'
import type { TlsFacts } from '../../core/contract/tls.js'
import type { ApplicationSettings, Batch, WorkerSettings } from '../../core/contract/messages.js'
import { ExchangeTable } from '../../core/handover/exchange-table.js'
import { FULL_BATCH, Outbox, type Post } from '../../core/handover/outbox.js'
import type { ConnectionFacts } from './client-socket.js'
import { EarlyBytes } from './early-bytes.js'
import { checkEarlyHints } from './early-hints.js'
import { Exchange } from './exchange.js'
import type { ExchangeOwner } from './exchange-owner.js'
import { HostedApplications, type Hosted } from './hosted-applications.js'
import { RuntimeWorker } from './hosted-worker.js'
import { makeRequest, setHttp2 } from './hosted-request.js'
import type { KnownExtensions } from './integrated/find-extension.js'
import type { MissedLength } from './node-internals.js'
import { Pulse } from './pulse.js'
import { ResponseFaults } from './response-faults.js'
import type { ResponseFault } from './response-head.js'
import { readBatch, rethrow, splitHeaders, type BatchReader } from './read-batch.js'
import { StandInSocket } from './stand-in-socket.js'
import type { TunnelSocket } from './tunnel-socket.js'

/** Share of a draining worker's time after which the connections that applications have taken over are cut. */
const TUNNELS_STAY = 0.9

export interface RuntimeOptions {
  readonly post: Post
  readonly adapters: readonly AdapterModule[]
  /** Modules that applications can list without naming a file. */
  readonly modules?: KnownExtensions
  /** The worker is done: it has drained and may end. */
  readonly onDrained: () => void
  /** Bytes in use, as pings tell them; those of this isolate, where nothing else is said. */
  readonly memory?: () => number
}

export class Runtime implements ExchangeOwner, BatchReader {
  readonly outbox: Outbox
  private readonly options: RuntimeOptions
  private readonly applications: HostedApplications
  private readonly connections = new Map<number, StandInSocket>()
  private readonly facts = new Map<number, ConnectionFacts>()
  private readonly exchanges = new ExchangeTable<Exchange | TunnelSocket>()
  private readonly tunnels = new Set<TunnelSocket>()
  private dirtyOnes: Exchange[] = []
  private flushedOnes: Exchange[] = []
  private readonly pulse: Pulse
  private readonly responseFaults = new ResponseFaults((event) => {
    this.tell(event)
  })
  private draining: DrainNotice | null = null
  private worker: RuntimeWorker | null = null

  constructor(options: RuntimeOptions) {
    this.options = options
    checkEarlyHints()
    this.outbox = new Outbox(options.post)
    this.pulse = new Pulse(options.memory)
    this.outbox.onFlush = this.onFlush
    this.outbox.onFlushed = this.onFlushed
    this.applications = new HostedApplications(
      options.adapters,
      (event) => {
        this.tell(event)
      },
      (application) => {
        this.outbox.open().push(ToListener.APPLICATION_FAILED, application)
      },
      options.modules,
      (reason) => {
        this.worker?.reportUnhealthy(reason)
      },
    )
  }

  /** Reads one batch from the listener. */
  receive(batch: Batch): void {
    readBatch(batch, this)
  }

  /** Puts something into the event log. */
  tell(event: ServerEvent): void {
    this.outbox.open().push(ToListener.EVENT, event)
  }

  // --- ExchangeOwner

  dirty(exchange: Exchange): void {
    this.outbox.schedule()
    // Not at once: this one is in the middle of its `end`.
    if (this.dirtyOnes.push(exchange) === FULL_BATCH) process.nextTick(this.outbox.flush)
  }

  closed(exchange: { readonly id: number }): void {
    this.tunnels.delete(exchange as TunnelSocket)
    this.exchanges.delete(exchange.id)
    if (this.draining && this.exchanges.size === 0) this.finishDrain()
  }

  opened(tunnel: TunnelSocket): void {
    this.exchanges.delete(tunnel.id)
    this.exchanges.set(tunnel.id, tunnel)
    this.tunnels.add(tunnel)
  }

  missed(exchange: Exchange, length: MissedLength): void {
    this.responseFaults.addMissed(exchange.request, length)
  }

  faulty(request: IncomingMessage, fault: ResponseFault): void {
    this.responseFaults.addFault(request, fault)
  }

  // --- BatchReader

  start(settings: WorkerSettings): void {
    this.worker = new RuntimeWorker({
      id: settings.workerId,
      pool: settings.pool,
      pinged: settings.pinged,
      tell: (event) => {
        this.tell(event)
      },
    })
    this.worker.publish()
    this.applications.start(settings).then(
      () => {
        this.outbox.open().push(ToListener.READY, PROTOCOL_VERSION)
      },
      (error: unknown) => {
        // Nothing in a start may fail but what belongs to one application, and that is kept there.
        process.nextTick(rethrow, error)
      },
    )
  }

  application(settings: ApplicationSettings): void {
    this.applications.add(settings)
  }

  request(batch: Batch, at: number): void {
    const id = batch[at + 1] as number
    const flags = batch[at + 4] as number
    const hosted = this.applications.get(batch[at + 3] as number)
    const socket = this.socketOf(batch[at + 2] as number)
    if (!hosted || !socket) {
      this.outbox.open().push(ToListener.REFUSE, id, 'INTERNAL')
      return
    }
    const same = (flags & RequestFlags.SAME_HEADERS) !== 0
    if (!same) {
      socket.rawHeaders = splitHeaders(batch[at + 7] as string)
      socket.headers = null
    }
    const old = (flags & RequestFlags.HTTP_1_0) !== 0
    const request = makeRequest(socket, hosted, batch[at + 5] as string, batch[at + 6] as string, old, same)
    const response = new ServerResponse(request)
    // Not sooner: node would take it for older than HTTP/1.1, and know no chunks.
    if ((flags & RequestFlags.HTTP_2) !== 0) setHttp2(request)
    response.shouldKeepAlive = (flags & RequestFlags.KEEP_ALIVE) !== 0
    const exchange = new Exchange(this, id, socket, request, response)
    if ((flags & RequestFlags.UPGRADE) !== 0) exchange.early = new EarlyBytes()
    if ((flags & RequestFlags.REMOVE_SERVER) !== 0) exchange.check.removesServer = true
    this.exchanges.set(id, exchange)
    if ((flags & RequestFlags.HAS_BODY) === 0) {
      request.complete = true
      request.push(null)
    }
    if (hosted.state === 'ready')
      hosted.handle(request, response, (flags & RequestFlags.EXPECTS_CONTINUE) !== 0, exchange)
    else this.whenLoaded(hosted, exchange, flags)
  }

  body(exchange: number, chunk: Uint8Array): void {
    this.exchanges.get(exchange)?.body(chunk)
  }

  bodyEnd(exchange: number, rawTrailers: string[]): void {
    this.exchanges.get(exchange)?.bodyEnd(rawTrailers)
  }

  responseAck(exchange: number, bytes: number): void {
    this.exchanges.get(exchange)?.acknowledge(bytes)
  }

  ping(): void {
    const { pulse, worker } = this
    const report = worker?.takeReport() ?? null
    this.outbox.open().push(ToListener.PONG, pulse.memory(), pulse.utilisation(), report)
  }

  abort(id: number): void {
    const exchange = this.exchanges.get(id)
    if (!exchange) return
    exchange.abort()
    this.connections.delete(exchange.connection)
  }

  connect(batch: Batch, at: number): void {
    const id = batch[at + 1] as number
    this.facts.set(id, {
      id,
      remoteAddress: batch[at + 2] as string,
      remotePort: batch[at + 3] as number,
      localAddress: batch[at + 4] as string,
      localPort: batch[at + 5] as number,
      encrypted: batch[at + 6] !== 0,
      tls: typeof batch[at + 6] === 'object' ? (batch[at + 6] as TlsFacts) : null,
    })
  }

  disconnect(id: number): void {
    this.facts.delete(id)
    const socket = this.connections.get(id)
    if (!socket) return
    this.connections.delete(id)
    this.applications.endOfConnection(socket)
    if (socket.exchange) socket.exchange.abort()
    else socket.destroy()
  }

  ending(deadline: number, reason: string): void {
    this.worker?.announce('drain', { deadline, reason })
  }

  drain(deadline: number, reason: string): void {
    const notice = { deadline, reason }
    this.worker?.announce('drain', notice)
    this.draining = notice
    if (this.exchanges.size === 0) this.finishDrain()
    else setTimeout(this.cutTunnels, Math.max(0, (deadline - Date.now()) * TUNNELS_STAY)).unref()
  }

  // ---

  /** Early enough that the worker still ends by itself. */
  private readonly cutTunnels = (): void => {
    for (const tunnel of [...this.tunnels]) tunnel.destroy()
  }

  private whenLoaded(hosted: Hosted, exchange: Exchange, flags: number): void {
    const go = (ready: boolean): void => {
      if (this.exchanges.get(exchange.id) !== exchange) return
      if (ready) {
        const expects = (flags & RequestFlags.EXPECTS_CONTINUE) !== 0
        hosted.handle(exchange.request, exchange.response, expects, exchange)
        return
      }
      exchange.refuse()
      this.outbox.open().push(ToListener.REFUSE, exchange.id, 'APP_FAILED')
    }
    // What the application throws is no rejection of ours.
    hosted.loaded.then(go).catch((error: unknown) => {
      process.nextTick(rethrow, error)
    })
  }

  /** The connection's stand-in; a new one where the application destroyed the last. */
  private socketOf(id: number): StandInSocket | undefined {
    const known = this.connections.get(id)
    if (known && !known.destroyed) return known
    const facts = this.facts.get(id)
    if (!facts) return undefined
    const socket = new StandInSocket(facts)
    // The listener knows nothing of the change, and goes on to say that headers are the same.
    if (known) socket.rawHeaders = known.rawHeaders
    this.connections.set(id, socket)
    return socket
  }

  /** The last request is answered. */
  private finishDrain(): void {
    const notice = this.draining
    if (!notice) return
    this.draining = null
    void this.end(notice).then(() => {
      this.outbox.open().push(ToListener.DRAINED)
      this.outbox.flush()
      this.options.onDrained()
    })
  }

  /** What listeners to 'drain' still do may need what the applications close. */
  private async end(notice: DrainNotice): Promise<void> {
    const { worker, applications } = this
    await worker?.settled(notice.deadline)
    worker?.announce('close', notice)
    await applications.close(notice.deadline)
    await worker?.settled(notice.deadline)
  }

  private readonly onFlush = (): void => {
    const dirty = this.dirtyOnes
    this.dirtyOnes = this.flushedOnes
    this.flushedOnes = dirty
    if (dirty.length === 0) return
    const batch = this.outbox.open()
    for (const exchange of dirty) exchange.flush(batch)
  }

  private readonly onFlushed = (): void => {
    const flushed = this.flushedOnes
    for (const exchange of flushed) exchange.flushed()
    flushed.length = 0
  }
}
