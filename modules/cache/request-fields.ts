/** Picks the request fields that mean something to a cache, in one pass over all of them. */

/** Hot: one fixed shape. A field that came in several lines is joined by `, `. */
export class RequestFields {
  cacheControl: string | undefined = undefined
  pragma: string | undefined = undefined
  ifNoneMatch: string | undefined = undefined
  ifModifiedSince: string | undefined = undefined
  range: string | undefined = undefined
  ifRange: string | undefined = undefined
  hasAuthorization = false
  /** If-Match, If-Unmodified-Since, Upgrade: only the application can decide on it (RFC 9111 section 4.3.2). */
  isForOrigin = false
}

/** By length of name, so that most fields are passed over without a look at the name itself. */
const isLengthOfInterest = new Uint8Array(64)
for (const name of ['range', 'pragma', 'upgrade', 'if-range', 'authorization', 'if-modified-since']) {
  isLengthOfInterest[name.length] = 1
}
isLengthOfInterest['if-unmodified-since'.length] = 1

/** @param headers - names and values in turn. */
export const readRequestFields = (headers: readonly string[]): RequestFields => {
  const fields = new RequestFields()
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? ''
    if (isLengthOfInterest[name.length] === 1) take(fields, name.toLowerCase(), headers[at + 1] ?? '')
  }
  return fields
}

const take = (fields: RequestFields, name: string, value: string): void => {
  switch (name) {
    case 'cache-control':
      fields.cacheControl = join(fields.cacheControl, value)
      break
    case 'pragma':
      fields.pragma = join(fields.pragma, value)
      break
    case 'if-none-match':
      fields.ifNoneMatch = join(fields.ifNoneMatch, value)
      break
    case 'if-modified-since':
      fields.ifModifiedSince = join(fields.ifModifiedSince, value)
      break
    case 'range':
      fields.range = join(fields.range, value)
      break
    case 'if-range':
      fields.ifRange = join(fields.ifRange, value)
      break
    case 'authorization':
      fields.hasAuthorization = true
      break
    case 'if-match':
    case 'if-unmodified-since':
    case 'upgrade':
      fields.isForOrigin = true
      break
  }
}

const join = (before: string | undefined, value: string): string =>
  before === undefined ? value : `${before}, ${value}`
