/** Takes a URL of an application apart: its decoded path, and its query. */

/** Percent-decoded, backslashes as slashes, without dot segments; one that cannot be decoded stays as it is. */
export const pathOf = (url: string): string => {
  const at = url.indexOf('?')
  const raw = at < 0 ? url : url.slice(0, at)
  // Most need nothing of all that.
  if (!/[%\\]|\/\.|\/\//.test(raw)) return raw.startsWith('/') ? raw : `/${raw}`
  const segments: string[] = []
  for (const segment of decoded(raw).replaceAll('\\', '/').split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  const path = `/${segments.join('/')}`
  return path !== '/' && /\/\.{0,2}$/.test(raw) ? `${path}/` : path
}

/** Without its `?`. */
export const queryOf = (url: string): string => {
  const at = url.indexOf('?')
  return at < 0 ? '' : url.slice(at + 1)
}

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
