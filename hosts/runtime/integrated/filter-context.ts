/** What one filter sees of one request: core/contract/filter.ts. */
import type { FilterContext, FilterNotification } from '../../../core/contract/filter.js'
import type { StandInSocket } from '../stand-in-socket.js'
import type { LoadedFilter } from './load-filter.js'
import { pathOf } from './url-path.js'
import type { WorkerContext } from './worker-context.js'

export class RequestFilterContext implements FilterContext {
  readonly context: WorkerContext
  requestContext: unknown = undefined
  private readonly filter: LoadedFilter
  private disabled: Set<FilterNotification> | null = null
  private onDenial: string[] | null = null

  constructor(context: WorkerContext, filter: LoadedFilter) {
    this.context = context
    this.filter = filter
  }

  get options(): unknown {
    return this.filter.options
  }

  get connectionContext(): unknown {
    return this.context.connectionItems.get(this.filter)
  }

  set connectionContext(value: unknown) {
    this.context.connectionItems.set(this.filter, value)
  }

  get isSecurePort(): boolean {
    return this.socket.encrypted
  }

  getServerVariable(name: string): string | undefined {
    return this.context.serverVariable(name)
  }

  addResponseHeaders(headers: readonly string[]): void {
    const { response } = this.context
    for (let i = 0; i < headers.length; i += 2) response.appendHeader(headers[i] ?? '', headers[i + 1] ?? '')
  }

  writeClient(chunk: string | Uint8Array): boolean {
    return this.context.response.write(chunk)
  }

  sendResponseHeader(status: number, headers: readonly string[] = []): void {
    this.context.response.statusCode = status
    this.addResponseHeaders(headers)
    this.context.response.flushHeaders()
  }

  addHeadersOnDenial(headers: readonly string[]): void {
    ;(this.onDenial ??= []).push(...headers)
  }

  getConnectionId(): number {
    return this.socket.facts.id
  }

  getInstanceId(): number {
    return this.context.application.siteId
  }

  normalizeUrl(url: string): string {
    return pathOf(url)
  }

  disableNotifications(...notifications: readonly FilterNotification[]): void {
    this.disabled ??= new Set()
    for (const notification of notifications) this.disabled.add(notification)
  }

  // --- for the chain

  hears(notification: FilterNotification): boolean {
    const { port = 'both' } = this.filter.filter
    if (port !== 'both' && (port === 'secure') !== this.isSecurePort) return false
    return !this.disabled?.has(notification)
  }

  denied(): void {
    if (this.onDenial) this.addResponseHeaders(this.onDenial)
  }

  private get socket(): StandInSocket {
    return this.context.request.socket as unknown as StandInSocket
  }
}
