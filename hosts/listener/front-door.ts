/**
 * Answers repeated requests for cached responses without node's parser: the exact bytes of a request head that were parsed
 * before mean the same request, so what the parser made of them is remembered, and the pipeline is asked for a hit.
 *
 * Only connections that have had a hit come here, since node no longer reads such a socket natively and its misses cost
 * more. Whatever is not a hit goes to node's own 'data' listener, untouched: one connection can mix both.
 */
import type { Socket } from 'node:net'
import { RequestContext, type Clock } from '../../core/index.js'
import type { Pipeline } from '../../core/pipeline/pipeline.js'
import type { ClientConnection } from './client-connection.js'

/** What the parser made of a head. */
interface KnownHead {
  readonly method: string
  readonly target: string
  readonly httpVersion: RequestContext['httpVersion']
  readonly rawHeaders: readonly string[]
  readonly keepAlive: boolean
}

/** Heads beyond this size are not remembered. */
const LARGEST_HEAD = 8_192
/** Bytes of heads that are remembered; beyond it all are forgotten, and the busy ones are back at once. */
const MEMORY = 16 * 1_048_576

type DataListener = (chunk: Buffer) => void

export class FrontDoor {
  private readonly pipeline: Pipeline
  private readonly clock: Clock
  private readonly heads = new Map<string, KnownHead>()
  private bytes = 0

  constructor(pipeline: Pipeline, clock: Clock) {
    this.pipeline = pipeline
    this.clock = clock
  }

  /** What the heads stand for has been let in by rules that may have changed. */
  forget(): void {
    this.heads.clear()
    this.bytes = 0
  }

  /** Puts itself before node's parser on this connection. */
  attend(connection: ClientConnection): void {
    const { socket } = connection
    const [parse, ...others] = socket.listeners('data') as DataListener[]
    // Somebody else reads this socket, or nobody: not as node's server has left it, so hands off.
    if (!parse || others.length > 0 || socket.destroyed) return
    socket.off('data', parse)
    socket.on('data', (chunk: Buffer) => {
      this.read(connection, socket, chunk, parse)
    })
  }

  private read(connection: ClientConnection, socket: Socket, chunk: Buffer, parse: DataListener): void {
    if (connection.busy || chunk.length > LARGEST_HEAD) {
      connection.atBoundary = false
      parse.call(socket, chunk)
      connection.lastAccepted = null
      return
    }
    const bytes = chunk.toString('latin1')
    const head = this.heads.get(bytes)
    if (head && connection.atBoundary) {
      const ctx = new RequestContext(
        this.pipeline,
        connection,
        connection,
        head.method,
        head.target,
        head.httpVersion,
        head.rawHeaders,
        null,
        head.keepAlive,
        false,
        this.clock.now(),
      )
      ctx.repeatsHeaders = true
      if (connection.tryCached(ctx)) return
    }
    const began = connection.atBoundary
    const before = connection.accepted
    parse.call(socket, chunk)
    const ctx = connection.lastAccepted
    // An idle connection must not keep its last response alive.
    connection.lastAccepted = null
    // One request, and the chunk ends where its head does: the next chunk begins a message. If this one did too, its bytes
    // are the request.
    connection.atBoundary =
      ctx !== null &&
      connection.accepted === before + 1 &&
      ctx.incoming === null &&
      bytes.indexOf('\r\n\r\n') === bytes.length - 4
    if (began && connection.atBoundary && ctx?.response.fromCache) this.remember(bytes, ctx)
  }

  private remember(bytes: string, ctx: RequestContext): void {
    this.bytes += bytes.length
    if (this.bytes > MEMORY) {
      this.heads.clear()
      this.bytes = bytes.length
    }
    const { method, target, httpVersion, rawHeaders, keepAlive } = ctx
    this.heads.set(bytes, { method, target, httpVersion, rawHeaders, keepAlive })
  }
}
