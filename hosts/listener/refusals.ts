/** Requests that node made no message of, and connections that end for a limit: answered or cut, and logged in either case. */
import type { Socket } from 'node:net'
import { errorTable, RequestContext, type Clock, type ErrorCode } from '../../core/index.js'
import type { Pipeline } from '../../core/pipeline/pipeline.js'
import type { ClientConnection } from './client-connection.js'
import type { Cut } from './limits/listener-limits.js'
import { requestLineOf } from './parse-errors.js'

export class Refusals {
  private readonly pipeline: Pipeline
  private readonly clock: Clock
  private readonly connect: (socket: Socket) => ClientConnection

  /** @param connect - stands for a connection that nobody else knows of */
  constructor(pipeline: Pipeline, clock: Clock, connect: (socket: Socket) => ClientConnection) {
    this.pipeline = pipeline
    this.clock = clock
    this.connect = connect
  }

  /** A request of a connection, in its turn. */
  refuse(connection: ClientConnection, method: string, target: string, code: ErrorCode): void {
    connection.accept(this.unread(connection, method, target), null, code)
  }

  /** A connection that is not let in: nothing of it but its first packet is read, and that for the log alone. */
  readonly turnAway = (socket: Socket, code: ErrorCode, packet: Buffer | undefined): void => {
    socket.on('error', () => undefined)
    const connection = this.connect(socket)
    const { method, target } = packet ? requestLineOf(packet) : { method: '', target: '' }
    if (errorTable[code].status > 0) this.refuse(connection, method, target, code)
    else {
      this.pipeline.refuse(this.unread(connection, method, target), code)
      socket.destroy()
    }
  }

  /** A limit ends the connection without an answer: the log says so, of the request under way where there is one. */
  readonly cut: Cut = (limited, code, slow) => {
    const connection = limited as ClientConnection
    const { request, socket } = connection
    if (request) request.error = code
    else {
      const ctx = this.unread(connection, slow?.method ?? '', slow?.target ?? '')
      this.pipeline.refuse(ctx, code)
    }
    socket.destroy()
  }

  private unread(connection: ClientConnection, method: string, target: string): RequestContext {
    const { pipeline, clock } = this
    return new RequestContext(
      pipeline,
      connection,
      connection,
      method,
      target,
      '1.1',
      [],
      null,
      false,
      false,
      clock.now(),
    )
  }
}
