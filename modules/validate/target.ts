/** Takes a request target apart that is not simply a plain path: its form, its authority, its path, its query. */
import { RequestError } from '../../core/index.js'
import { normalisePath, type PathRules } from './path.js'
import { isPlainQuery } from './plain-target.js'

export interface Target {
  /** `host[:port]` of an absolute target, '' of the others. */
  readonly authority: string
  /** Normal path; `*` for the server as a whole. */
  readonly path: string
  /** Raw query without `?`. */
  readonly query: string
  /** What the application sees: in origin form, as sent where the structure of the path did not change. */
  readonly url: string
}

const ABSOLUTE = /^https?:\/\/([^/?\\#]*)/i

/**
 * Reads the origin form, the absolute form and, for OPTIONS, the asterisk form (RFC 9112 section 3.2).
 *
 * @throws RequestError `BAD_URL` for any other form, and what `normalisePath` throws.
 */
export const readTarget = (method: string, target: string, rules: PathRules): Target => {
  if (target === '*') {
    if (method !== 'OPTIONS') throw new RequestError('BAD_URL')
    return { authority: '', path: '*', query: '', url: '*' }
  }
  const absolute = ABSOLUTE.exec(target)
  if (!absolute) return readOrigin('', target, rules)
  const [start, authority] = absolute
  if (!authority) throw new RequestError('BAD_HOST')
  const rest = target.slice(start.length)
  return readOrigin(authority, rest === '' || rest.startsWith('?') ? `/${rest}` : rest, rules)
}

const readOrigin = (authority: string, target: string, rules: PathRules): Target => {
  const mark = target.indexOf('?')
  const end = mark < 0 ? target.length : mark
  if (!isPlainQuery(target, end + 1)) throw new RequestError('BAD_URL')
  const { path, canonical } = normalisePath(target.slice(0, end), rules)
  return {
    authority,
    path,
    query: target.slice(end + 1),
    url: canonical === null ? target : canonical + target.slice(end),
  }
}
