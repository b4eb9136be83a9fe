/** What runs inside every worker: turns messages into node's own request and response objects, and back. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { PROTOCOL_VERSION, RequestFlags, ToListener, ToWorker } from '../../core/contract/messages.js'
import type { AdapterModule } from '../../core/contract/adapter.js'
import type { ServerEvent } from '../../core/contract/events.js'
import type { ApplicationSettings, Batch, WorkerSettings } from '../../core/contract/messages.js'
import { ExchangeTable } from '../../core/handover/exchange-table.js'
import { FULL_BATCH, Outbox, type Post } from '../../core/handover/outbox.js'
import { Exchange, type ExchangeOwner } from './exchange.js'
import { HostedApplications, type Hosted } from './hosted-applications.js'
import { Pulse } from './pulse.js'
import { joinHeaders, setHeaderLines } from './node-internals.js'
import { stripMount } from './request-path.js'
import { ServerVariables } from './server-variables.js'
import { StandInSocket, type ConnectionFacts } from './stand-in-socket.js'

/** The properties that the runtime adds to node's message. */
interface HostedRequest extends IncomingMessage {
  originalUrl?: string
  serverVariables?: ServerVariables
}

export interface RuntimeOptions {
  readonly post: Post
  readonly adapters: readonly AdapterModule[]
  /** The worker is done: it has drained and may end. */
  readonly onDrained: () => void
  /** Bytes in use, as pings tell them; those of this isolate, where nothing else is said. */
  readonly memory?: () => number
}

export class Runtime implements ExchangeOwner {
  readonly outbox: Outbox
  private readonly options: RuntimeOptions
  private readonly applications: HostedApplications
  private readonly connections = new Map<number, StandInSocket>()
  private readonly facts = new Map<number, ConnectionFacts>()
  private readonly exchanges = new ExchangeTable<Exchange>()
  private dirtyOnes: Exchange[] = []
  private flushedOnes: Exchange[] = []
  private readonly pulse: Pulse
  private draining = false
  private deadline = 0

  constructor(options: RuntimeOptions) {
    this.options = options
    this.outbox = new Outbox(options.post)
    this.pulse = new Pulse(options.memory)
    this.outbox.onFlush = this.onFlush
    this.outbox.onFlushed = this.onFlushed
    this.applications = new HostedApplications(options.adapters, (event) => {
      this.tell(event)
    })
  }

  /**
   * Reads one batch from the listener. An exception of an application is an uncaught one, as on node's own server, but
   * takes nothing from the messages behind it: the application may choose to live on.
   */
  receive(batch: Batch, from = 0): void {
    let at = from
    try {
      while (at < batch.length) {
        const id = batch[at + 1] as number
        switch (batch[at]) {
          case ToWorker.REQUEST:
            at += 8
            this.request(batch, at - 8)
            break
          case ToWorker.BODY:
            at += 3
            this.exchanges.get(id)?.body(batch[at - 1] as Uint8Array)
            break
          case ToWorker.BODY_END:
            at += 3
            this.exchanges.get(id)?.bodyEnd(splitHeaders(batch[at - 1] as string))
            break
          case ToWorker.RESPONSE_ACK:
            at += 3
            this.exchanges.get(id)?.acknowledge(batch[at - 1] as number)
            break
          case ToWorker.ABORT:
            at += 2
            this.abort(id)
            break
          case ToWorker.CONNECT:
            at += 7
            this.connect(batch, at - 7)
            break
          case ToWorker.DISCONNECT:
            at += 2
            this.disconnect(id)
            break
          case ToWorker.APPLICATION:
            at += 2
            this.applications.add(batch[at - 1] as ApplicationSettings)
            break
          case ToWorker.START:
            at += 2
            this.start(batch[at - 1] as WorkerSettings)
            break
          case ToWorker.DRAIN:
            at += 2
            this.drain(batch[at - 1] as number)
            break
          case ToWorker.PING:
            at += 1
            this.outbox.open().push(ToListener.PONG, this.pulse.memory(), this.pulse.utilisation())
            break
          default: {
            const kind = String(batch[at])
            at = batch.length
            throw new Error(`Unknown message kind ${kind} from the listener`)
          }
        }
      }
    } catch (error) {
      process.nextTick(rethrow, error)
      this.receive(batch, at)
    }
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

  closed(exchange: Exchange): void {
    this.exchanges.delete(exchange.id)
    if (this.draining && this.exchanges.size === 0) this.finishDrain()
  }

  private start(settings: WorkerSettings): void {
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

  private request(batch: Batch, at: number): void {
    const id = batch[at + 1] as number
    const flags = batch[at + 4] as number
    const hosted = this.applications.get(batch[at + 3] as number)
    const socket = this.socketOf(batch[at + 2] as number)
    if (!hosted || !socket) {
      this.outbox.open().push(ToListener.REFUSE, id, 'INTERNAL')
      return
    }
    const url = batch[at + 6] as string
    const request: HostedRequest = new IncomingMessage(socket as never)
    const old = (flags & RequestFlags.HTTP_1_0) !== 0
    request.httpVersionMajor = 1
    request.httpVersionMinor = old ? 0 : 1
    request.httpVersion = old ? '1.0' : '1.1'
    request.method = batch[at + 5] as string
    request.url = url
    const { settings } = hosted
    const same = (flags & RequestFlags.SAME_HEADERS) !== 0
    if (!same) {
      socket.rawHeaders = splitHeaders(batch[at + 7] as string)
      socket.headers = null
    }
    // A copy for each request, since it is the application's to change.
    const rawHeaders = socket.rawHeaders.slice()
    if (hosted.segments > 0) {
      replaceHeader(rawHeaders, 'X-Forwarded-Prefix', settings.mount)
      request.originalUrl = url
      if (settings.pathBase === 'strip') request.url = stripMount(url, hosted.segments)
    }
    setHeaderLines(request, rawHeaders)
    if (same && hosted.segments === 0) {
      socket.headers ??= joinHeaders(socket.rawHeaders)
      request.headers = { ...socket.headers }
    }
    request.serverVariables = new ServerVariables(request, settings, url)
    const response = new ServerResponse(request)
    response.shouldKeepAlive = (flags & RequestFlags.KEEP_ALIVE) !== 0
    const exchange = new Exchange(this, id, socket, request, response)
    this.exchanges.set(id, exchange)
    if ((flags & RequestFlags.HAS_BODY) === 0) {
      request.complete = true
      request.push(null)
    }
    if (hosted.state === 'ready')
      hosted.handle(request, response, (flags & RequestFlags.EXPECTS_CONTINUE) !== 0)
    else this.whenLoaded(hosted, exchange, flags)
  }

  private whenLoaded(hosted: Hosted, exchange: Exchange, flags: number): void {
    const go = (ready: boolean): void => {
      if (this.exchanges.get(exchange.id) !== exchange) return
      if (ready) {
        hosted.handle(exchange.request, exchange.response, (flags & RequestFlags.EXPECTS_CONTINUE) !== 0)
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

  private abort(id: number): void {
    const exchange = this.exchanges.get(id)
    if (!exchange) return
    exchange.abort()
    this.connections.delete(exchange.socket.facts.id)
  }

  private connect(batch: Batch, at: number): void {
    const id = batch[at + 1] as number
    this.facts.set(id, {
      id,
      remoteAddress: batch[at + 2] as string,
      remotePort: batch[at + 3] as number,
      localAddress: batch[at + 4] as string,
      localPort: batch[at + 5] as number,
      encrypted: batch[at + 6] === 1,
    })
  }

  private disconnect(id: number): void {
    this.facts.delete(id)
    const socket = this.connections.get(id)
    if (!socket) return
    this.connections.delete(id)
    if (socket.exchange) socket.exchange.abort()
    else socket.destroy()
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

  private drain(milliseconds: number): void {
    this.draining = true
    this.deadline = Date.now() + milliseconds
    if (this.exchanges.size === 0) this.finishDrain()
  }

  private finishDrain(): void {
    this.draining = false
    void this.applications.close(this.deadline).then(() => {
      this.outbox.open().push(ToListener.DRAINED)
      this.outbox.flush()
      this.options.onDrained()
    })
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

const rethrow = (error: unknown): never => {
  throw error
}

/** Header lines as they travel: names and values in turn, a line feed between; no field may hold one. */
const splitHeaders = (joined: string): string[] => (joined === '' ? [] : joined.split('\n'))

/** Sets a header of which there must be one only, whatever the client sent. */
const replaceHeader = (rawHeaders: string[], name: string, value: string): void => {
  const lower = name.toLowerCase()
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    if (rawHeaders[i]?.toLowerCase() === lower) rawHeaders.splice(i, 2)
  }
  rawHeaders.push(name, value)
}
