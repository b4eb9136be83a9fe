/** The head of an HTTP/2 request in the shape that an HTTP/1 one has: what the pipeline, and applications, know. */
import type { ErrorCode } from '../../../core/index.js'

export interface RequestHead {
  readonly method: string
  readonly target: string
  /** Names and values in turn; the authority is `host`. */
  readonly rawHeaders: string[]
  readonly expectsContinue: boolean
  readonly error: ErrorCode | null
}

/**
 * @param fields - names and values in turn, as they came: nghttp2 has refused what RFC 9113 section 8.2 forbids
 * @param hasBody - the request does not end with its head
 */
export const readHead = (fields: readonly string[], hasBody: boolean): RequestHead => {
  let method = ''
  let path = ''
  let authority: string | undefined
  let host: string | undefined
  let cookie: string | undefined
  let expect = ''
  let framed = false
  let error: ErrorCode | null = null
  const rawHeaders: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? ''
    const value = fields[i + 1] ?? ''
    switch (name) {
      case ':method':
        method = value
        continue
      case ':path':
        path = value
        continue
      case ':authority':
        authority = value
        continue
      case ':scheme':
      case ':protocol':
        continue
      case 'host':
        if (host !== undefined) error = 'BAD_HOST'
        host = value
        continue
      case 'cookie':
        // Sent in pieces, so that those that stay the same are compressed (RFC 9113 section 8.2.3).
        cookie = cookie === undefined ? value : `${cookie}; ${value}`
        continue
      case 'expect':
        expect = value.toLowerCase()
        break
      case 'content-length':
        framed = true
        break
    }
    rawHeaders.push(name, value)
  }
  // Two that differ are two sites (RFC 9113 section 8.3.1).
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase())
    error = 'BAD_HOST'
  const named = authority ?? host
  if (named !== undefined) rawHeaders.unshift('host', named)
  if (cookie !== undefined) rawHeaders.push('cookie', cookie)
  // Programs look at one of the two fields to know whether there is a body.
  if (hasBody && !framed) rawHeaders.push('transfer-encoding', 'chunked')
  if (expect !== '' && expect !== '100-continue') error ??= 'EXPECTATION_FAILED'
  return {
    method,
    target: path === '' ? (authority ?? '') : path,
    rawHeaders,
    expectsContinue: expect !== '',
    error,
  }
}
