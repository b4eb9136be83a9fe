/** Brings the path of a request into the one form in which it is routed, so that no spelling of it reaches elsewhere. */
import { RequestError } from '../../core/index.js'

/** What a path may be; the names are those of the configuration (`webLimits`). */
export interface PathRules {
  /** Characters of one decoded segment; Infinity where the configuration says 0. */
  readonly urlSegmentMaxLength: number
  /** Segments of one path, empty ones counted; Infinity where the configuration says 0. */
  readonly urlSegmentMaxCount: number
  /** Lets `%01` to `%1F` and `%7F` to U+009F through; never NUL. */
  readonly allowRestrictedChars: boolean
  /** Lets a path through that could be decoded a second time (`%2541`). */
  readonly allowDoubleEscaping: boolean
}

export interface NormalPath {
  /**
   * Percent-decoded once, without `.` and `..` segments, repeated slashes collapsed: what routing compares. An encoded
   * slash is data and stays `%2F`, so that `/a%2Fx` does not reach an application mounted at `/a`.
   */
  readonly path: string
  /**
   * The path as the application shall see it, still encoded; null where the raw one will do. Only a path whose
   * structure was changed is written anew: without dot segments, with `/` for `\`. Repeated slashes are kept.
   */
  readonly canonical: string | null
}

/** What may never stand in a path unescaped: controls, space, `#`, DEL, and whatever is no byte at all. */
const FORBIDDEN_RAW = /[\0-\x20#\x7f]|[^\0-\xff]/
const BYTE_OF_UTF8 = /[\x80-\xff]/g
const BACKSLASH = /\\|%5c/gi
const ENCODED_SLASH = /%2f/gi
const ENCODED_DOT = /%2e/gi
/** Decodes to `%` and two hexadecimal digits, in whatever way those are written. */
const DOUBLE_ESCAPE = /%25(?:[\da-f]|%3\d|%[46][1-6]){2}/i
const RESTRICTED = /[\x01-\x1f\x7f-\x9f]/

/**
 * Normalises a raw path that begins with `/` (RFC 3986 section 5.2.4; http.sys's URL cooking).
 *
 * @throws RequestError `BAD_URL` for what is no valid path, `FORBIDDEN_URL` for one that climbs above the root,
 * `DOUBLE_ESCAPED` for one that can be decoded twice.
 */
export const normalisePath = (raw: string, rules: PathRules): NormalPath => {
  if (raw.charCodeAt(0) !== 0x2f || FORBIDDEN_RAW.test(raw)) throw new RequestError('BAD_URL')
  const encoded = raw.replace(BYTE_OF_UTF8, percentEncode)
  const slashed = encoded.replace(BACKSLASH, '/')
  // The whole path must be in order, also what a `..` then takes away.
  const decoded = decode(slashed)
  if (decoded.includes('\0')) throw new RequestError('BAD_URL')
  if (!rules.allowRestrictedChars && RESTRICTED.test(decoded)) throw new RequestError('BAD_URL')
  if (!rules.allowDoubleEscaping && DOUBLE_ESCAPE.test(slashed)) throw new RequestError('DOUBLE_ESCAPED')
  const resolved = resolveDots(slashed)
  const path = resolved === slashed ? decoded : decode(resolved)
  checkSegments(path, rules)
  return { path: path.replace(/\/{2,}/g, '/'), canonical: resolved === encoded ? null : resolved }
}

const percentEncode = (byte: string): string => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`

/** Takes out `.` and `..` segments, also those that only encoded slashes set apart. */
const resolveDots = (path: string): string => {
  const kept: string[] = []
  let endsInDots = false
  for (const segment of path.slice(1).split('/')) {
    for (const part of splitAtDots(segment)) {
      const dots = part.length <= 6 ? part.replace(ENCODED_DOT, '.') : part
      endsInDots = dots === '.' || dots === '..'
      if (!endsInDots) kept.push(part)
      else if (dots === '..' && kept.pop() === undefined) throw new RequestError('FORBIDDEN_URL')
    }
  }
  // `/a/..` names the folder `/`, as `/a/.` names `/a/`.
  return `/${kept.join('/')}${endsInDots && kept.length > 0 ? '/' : ''}`
}

/** An encoded slash separates only where a dot segment is made with it; else it is a character of its segment. */
const splitAtDots = (segment: string): readonly string[] => {
  const parts = segment.split(ENCODED_SLASH)
  return parts.some((part) => /^(?:\.|%2e){1,2}$/i.test(part)) ? parts : [segment]
}

/** Decodes strictly (no overlong forms, no surrogates) and once; `%2F` is kept. */
const decode = (path: string): string => {
  try {
    return decodeURIComponent(path.replace(ENCODED_SLASH, '%252F'))
  } catch (cause) {
    throw new RequestError('BAD_URL', { cause })
  }
}

const checkSegments = (path: string, rules: PathRules): void => {
  const segments = path.slice(1).split('/')
  if (segments.length > rules.urlSegmentMaxCount) throw new RequestError('BAD_URL')
  if (segments.some(({ length }) => length > rules.urlSegmentMaxLength)) throw new RequestError('BAD_URL')
}
