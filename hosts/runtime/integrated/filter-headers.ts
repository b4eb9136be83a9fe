/** What filters may change of a request and of a response: fields, URL, method, status. */
import type { ServerResponse } from 'node:http'
import type { RequestHeaders, ResponseHeaders } from '../../../core/contract/filter.js'
import { replaceHeaderLines } from '../node-internals.js'
import type { WorkerContext } from './worker-context.js'

/** SF_NOTIFY_PREPROC_HEADERS and SF_NOTIFY_AUTH_COMPLETE. */
export class FilterRequestHeaders implements RequestHeaders {
  private readonly ctx: WorkerContext

  constructor(ctx: WorkerContext) {
    this.ctx = ctx
  }

  get url(): string {
    return this.ctx.request.url ?? '/'
  }

  set url(url: string) {
    this.ctx.rewrite(url)
  }

  get method(): string {
    return this.ctx.request.method ?? ''
  }

  set method(method: string) {
    this.ctx.request.method = method
  }

  get version(): string {
    return `HTTP/${this.ctx.request.httpVersion}`
  }

  getHeader(name: string): string | undefined {
    const value = this.ctx.request.headers[fieldName(name)]
    return Array.isArray(value) ? value.join(', ') : value
  }

  setHeader(name: string, value: string): void {
    const lower = fieldName(name)
    const { rawHeaders } = this.ctx.request
    const kept: string[] = []
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const field = rawHeaders[i] ?? ''
      if (field.toLowerCase() !== lower) kept.push(field, rawHeaders[i + 1] ?? '')
    }
    if (value !== '') kept.push(name.replace(/:$/, ''), value)
    replaceHeaderLines(this.ctx.request, kept)
  }

  addHeader(name: string, value: string): void {
    replaceHeaderLines(this.ctx.request, [...this.ctx.request.rawHeaders, name.replace(/:$/, ''), value])
  }
}

/** SF_NOTIFY_SEND_RESPONSE. */
export class FilterResponseHeaders implements ResponseHeaders {
  private readonly response: ServerResponse

  constructor(response: ServerResponse) {
    this.response = response
  }

  get status(): number {
    return this.response.statusCode
  }

  set status(status: number) {
    this.response.statusCode = status
  }

  getHeader(name: string): string | undefined {
    const value = this.response.getHeader(fieldName(name))
    return Array.isArray(value) ? value.join(', ') : value?.toString()
  }

  setHeader(name: string, value: string): void {
    if (value === '') this.response.removeHeader(fieldName(name))
    else this.response.setHeader(name.replace(/:$/, ''), value)
  }

  addHeader(name: string, value: string): void {
    this.response.appendHeader(name.replace(/:$/, ''), value)
  }
}

/** ISAPI writes names with their colon. */
const fieldName = (name: string): string => name.replace(/:$/, '').toLowerCase()
