/** Says in `Cache-Status` what the cache has done with a request (RFC 9211). */
import type { Bytes, RequestContext } from '../../core/index.js'
import { headText } from './response-head.js'

/** Adds the field behind all others of a response that came from a worker; `how` are the parameters. */
export const addCacheStatus = (ctx: RequestContext, name: string, how: string): void => {
  const { response } = ctx
  const text = response.raw === null ? null : headText(response.raw)
  if (response.raw === null || text === null) return
  response.raw = inserted(response.raw, text.length, `Cache-Status: ${name}; ${how}\r\n`)
}

const inserted = (raw: Bytes, at: number, line: string): Bytes =>
  typeof raw === 'string'
    ? raw.slice(0, at) + line + raw.slice(at)
    : Buffer.concat([raw.subarray(0, at), Buffer.from(line, 'latin1'), raw.subarray(at)])
