/** Looks at each request for an application before it is queued (IIS: RequestFilteringModule): what is refused reaches no worker. */
import type { FilteringConfig } from '../config/schema/request-filtering.js'
import { RequestError } from '../errors.js'
import { LookedAt, type FilteredRequest } from './looked-at.js'
import { firstOf, rulesOf, type Rule } from './rules.js'

export class RequestFilter {
  /** Bytes of a request's body, however it is framed. */
  readonly maxContentLength: number
  /** Responses lose their header Server. */
  readonly removesServer: boolean
  private readonly maxUrl: number
  private readonly maxQuery: number
  /** No URL of at most so many characters is too long. */
  private readonly harmlessLength: number
  /** Null where nothing but limits is declared. */
  private readonly rules: readonly Rule[] | null

  constructor(config: FilteringConfig) {
    const { maxAllowedContentLength, maxUrl, maxQueryString } = config.requestLimits
    this.maxContentLength = maxAllowedContentLength
    this.removesServer = config.removeServerHeader
    this.maxUrl = maxUrl
    this.maxQuery = maxQueryString
    this.harmlessLength = Math.min(maxUrl, maxQueryString)
    const rules = rulesOf(config)
    this.rules = rules.length > 0 ? rules : null
  }

  /** @throws RequestError with the code of the first rule that the request breaks. */
  check(request: FilteredRequest): void {
    if (request.target.length > this.harmlessLength) this.checkLengths(request)
    if (request.incoming !== null) this.checkContentLength(request.rawHeaders)
    if (this.rules === null) return
    const code = firstOf(this.rules, new LookedAt(request))
    if (code !== null) throw new RequestError(code)
  }

  private checkLengths({ target, query }: FilteredRequest): void {
    const path = query === '' ? target.length : target.length - query.length - 1
    if (path > this.maxUrl) throw new RequestError('URL_OVER_LIMIT')
    if (query.length > this.maxQuery) throw new RequestError('QUERY_OVER_LIMIT')
  }

  /** One that is not declared is counted as it comes. */
  private checkContentLength(rawHeaders: readonly string[]): void {
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at] ?? ''
      if (name.length !== 14 || name.toLowerCase() !== 'content-length') continue
      if (Number(rawHeaders[at + 1]) > this.maxContentLength) throw new RequestError('CONTENT_TOO_LONG')
      return
    }
  }
}

const made = new WeakMap<FilteringConfig, RequestFilter>()

/** Applications of which nothing is said have one configuration in common, and one filter. */
export const filterOf = (config: FilteringConfig): RequestFilter => {
  let filter = made.get(config)
  if (!filter) made.set(config, (filter = new RequestFilter(config)))
  return filter
}
