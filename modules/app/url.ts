/** Writes paths back into URLs: what was decoded is encoded again, and nothing can end a header line. */

/** `encodeURIComponent`, of half characters too. */
export const encoded = (part: string): string =>
  encodeURIComponent(part.replaceAll(/\p{Surrogate}/gu, '\ufffd'))

/** A decoded path as it stands in a request line. */
export const urlOf = (path: string, query: string): string => {
  const own = path
    .split('/')
    .map((segment) => encoded(segment))
    .join('/')
  return query === '' ? own : `${own}?${query}`
}

/** Encodes what may not stand in a URL (spaces, controls, anything beyond ASCII) and leaves the rest, `%41` included. */
export const cleanUrl = (url: string): string =>
  url
    .replaceAll(/[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7c\x7e]+/g, encoded)
    .replaceAll(/%(?![\dA-Fa-f]{2})/g, '%25')

/** Adds a query to one that may be there. */
export const withQuery = (url: string, query: string): string =>
  query === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`

/**
 * `*`, `*.php`, `/admin/*` (`/admin` too), `/exact`; several with commas. Without a slash in front: anywhere. Letter case does
 * not count.
 */
export const pathPattern = (patterns: string): ((path: string) => boolean) => {
  const all = patterns
    .split(',')
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '')
  if (all.includes('*')) return () => true
  const expressions = all.map((pattern) => {
    const beneath = pattern.endsWith('/*')
    const body = (beneath ? pattern.slice(0, -2) : pattern)
      .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
    return new RegExp(`${pattern.startsWith('/') ? '^' : '(^|/)'}${body}${beneath ? '(/.*)?' : ''}$`, 'i')
  })
  return (path) => expressions.some((expression) => expression.test(path))
}

export const escapeHtml = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
