/** Where a redirected request goes (learn.microsoft.com, `httpRedirect`). */

export interface RedirectOptions {
  readonly destination: string
  readonly exactDestination: boolean
  readonly childOnly: boolean
}

const VARIABLE = /\$([SQPV])/g

/**
 * @param url - path and query below the application
 * @param asked - path and query as the client sent them
 * @returns the Location; undefined where `childOnly` leaves the request alone
 */
export const redirectTo = (
  url: string,
  asked: string,
  { destination, exactDestination, childOnly }: RedirectOptions,
): string | undefined => {
  const [path, query] = split(url)
  if (childOnly && path.indexOf('/', 1) > 0) return undefined
  const values: Record<string, string> = { S: path, Q: query, P: query.slice(1), V: split(asked)[0] }
  const filled = destination.replace(VARIABLE, (_whole, name: string) => values[name] ?? '')
  // One with variables says itself what it wants of the request.
  const whole = exactDestination || filled !== destination || destination.search(VARIABLE) >= 0
  const location = whole ? filled : join(destination, path) + query
  // Neither a backslash nor a second slash in front may turn a path into another server's name.
  return /^[/\\]{2}/.test(location) && !destination.startsWith('//')
    ? location.replace(/^[/\\]+/, '/')
    : location
}

const join = (destination: string, path: string): string =>
  path === '/' && !destination.endsWith('/') ? destination : destination.replace(/\/$/, '') + path

const split = (url: string): [string, string] => {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at)]
}
