/** SF_NOTIFY_LOG: what a filter reads here is what would be logged, what it sets is what is logged. */
import type { FilterLog } from '../../../core/contract/filter.js'
import { pathOf, queryOf } from './url-path.js'
import type { WorkerContext } from './worker-context.js'

export class FilterLogRecord implements FilterLog {
  private readonly ctx: WorkerContext

  constructor(ctx: WorkerContext) {
    this.ctx = ctx
  }

  get clientHostName(): string {
    return this.ctx.request.socket.remoteAddress ?? ''
  }

  get clientUserName(): string {
    return this.ctx.logged.user ?? this.ctx.user?.name ?? ''
  }

  set clientUserName(name: string) {
    this.ctx.logged.user = name
  }

  get serverName(): string {
    return this.ctx.serverVariable('SERVER_NAME') ?? ''
  }

  get operation(): string {
    return this.ctx.logged.method ?? this.ctx.request.method ?? ''
  }

  set operation(method: string) {
    this.ctx.logged.method = method
  }

  get target(): string {
    return this.ctx.logged.path ?? pathOf(this.url)
  }

  set target(path: string) {
    this.ctx.logged.path = path
  }

  get parameters(): string {
    return this.ctx.logged.query ?? queryOf(this.url)
  }

  set parameters(query: string) {
    this.ctx.logged.query = query
  }

  get httpStatus(): number {
    return this.ctx.logged.status ?? this.ctx.response.statusCode
  }

  set httpStatus(status: number) {
    this.ctx.logged.status = status
  }

  get win32Status(): number {
    return this.ctx.logged.win32Status ?? 0
  }

  set win32Status(status: number) {
    this.ctx.logged.win32Status = status
  }

  get bytesSent(): number {
    return this.ctx.request.socket.bytesWritten
  }

  get bytesReceived(): number {
    return this.ctx.request.socket.bytesRead
  }

  private get url(): string {
    return this.ctx.request.originalUrl ?? this.ctx.request.url ?? '/'
  }
}
