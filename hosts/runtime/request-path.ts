/** Takes the mount of an application off a URL, so that the application sees its own paths. */

const SLASH = 47
const QUESTION = 63

/**
 * `/shop/cart?x=1` under the mount `/shop` is `/cart?x=1`; `/shop?x=1` is `/?x=1`. Segments are counted, not compared:
 * the listener has matched them already, however they were written (letter case, percent encoding, doubled slashes).
 */
export const stripMount = (url: string, segments: number): string => {
  let at = 0
  for (let i = 0; i < segments; i++) {
    while (url.charCodeAt(at) === SLASH) at++
    while (at < url.length && url.charCodeAt(at) !== SLASH && url.charCodeAt(at) !== QUESTION) at++
  }
  const rest = url.slice(at)
  return rest.charCodeAt(0) === SLASH ? rest : `/${rest}`
}

/** Number of segments of a mount: 0 for '', 2 for '/shop/eu'. */
export const countSegments = (mount: string): number => mount.split('/').filter(Boolean).length
