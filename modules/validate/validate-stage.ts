/** The standard stage of slot `validate`: refuses what http.sys refuses, and says which host and path are meant. */
import { defineStage, RequestError, type RequestContext, type ServerConfig } from '../../core/index.js'
import { checkFields, type FieldLimits } from './fields.js'
import { readHost } from './host.js'
import type { PathRules } from './path.js'
import { endOfPlainPath } from './plain-target.js'
import { readTarget } from './target.js'

export interface Rules extends FieldLimits, PathRules {}

export default defineStage({
  name: 'validate',
  slot: 'validate',
  setup({ config }) {
    let rules = rulesOf(config)
    return {
      configure(changed) {
        rules = rulesOf(changed)
      },
      repeatable: true,
      run(ctx) {
        validate(ctx, rules)
        return 'CONTINUE'
      },
    }
  },
})

/** Which application a path leads to is not known yet: where one allows double escapes, the others refuse them later. */
const someAllowsDoubleEscaping = ({ webLimits, sites }: ServerConfig): boolean =>
  webLimits.allowDoubleEscaping ||
  sites.some(({ applications }) =>
    applications.some(({ requestFiltering }) => requestFiltering.allowDoubleEscaping),
  )

const rulesOf = (config: ServerConfig): Rules => {
  const { webLimits } = config
  return {
    maxFieldLength: webLimits.maxFieldLength,
    maxRequestBytes: webLimits.maxRequestBytes,
    urlSegmentMaxLength: webLimits.urlSegmentMaxLength || Infinity,
    urlSegmentMaxCount: webLimits.urlSegmentMaxCount || Infinity,
    allowRestrictedChars: webLimits.allowRestrictedChars,
    allowDoubleEscaping: someAllowsDoubleEscaping(config),
  }
}

/** What of a request this stage reads and fills in. */
export type Request = Pick<
  RequestContext,
  'method' | 'target' | 'httpVersion' | 'rawHeaders' | 'host' | 'path' | 'query' | 'url'
>

/**
 * Checks the head of a request; afterwards `host`, `path`, `query` and `url` are set.
 *
 * @throws RequestError with the code of the rule that the request breaks.
 */
export const validate = (ctx: Request, rules: Rules): void => {
  const { method, target, rawHeaders } = ctx
  const version: string = ctx.httpVersion
  const http10 = version === '1.0'
  // Node's parser takes `HTTP/0.9` for a version of HTTP/1; `HTTP/2.0` comes here only from those that speak it.
  if (!http10 && version !== '1.1' && version !== '2.0') throw new RequestError('BAD_VERSION')
  if (method === 'CONNECT') throw new RequestError('BAD_VERB')
  if (target.length > rules.maxRequestBytes) throw new RequestError('URL_TOO_LONG')
  const lineBytes = method.length + target.length + '  HTTP/1.1\r\n\r\n'.length
  const hostAt = checkFields(rawHeaders, lineBytes, http10, rules)
  if (hostAt >= 0) ctx.host = readHost(rawHeaders[hostAt] ?? '')
  else if (!http10) throw new RequestError('BAD_HOST')

  const end = endOfPlainPath(target, rules)
  if (end < 0) {
    setTarget(ctx, hostAt, rules)
    return
  }
  ctx.url = target
  if (end === target.length) {
    ctx.path = target
  } else {
    ctx.path = target.slice(0, end)
    ctx.query = target.slice(end + 1)
  }
}

const setTarget = (ctx: Request, hostAt: number, rules: Rules): void => {
  const { authority, path, query, url } = readTarget(ctx.method, ctx.target, rules)
  ctx.path = path
  ctx.query = query
  ctx.url = url
  if (authority === '') return
  ctx.host = readHost(authority)
  // The Host field must be ignored beside an absolute target (RFC 9112 section 3.2.2): were it left as it came, the
  // application would see another host than the one that the request was routed by.
  if (hostAt >= 0) ctx.rawHeaders = ctx.rawHeaders.with(hostAt, authority)
}
