/** The normal form of Accept-Encoding: what accepts the same codings alike is one variant (RFC 9110 section 12.5.3). */

/** Browsers send a handful of forms; more than so many are somebody's play. */
const REMEMBERED = 256
const known = new Map<string, string>()

/**
 * Codings in the order of the alphabet, each with its weight where it is not 1; those with weight 0 only where they
 * forbid what would be allowed otherwise (`identity`, `*`).
 */
export const normalAcceptEncoding = (value: string): string => {
  const before = known.get(value)
  if (before !== undefined) return before
  const normal = normalise(value)
  if (known.size >= REMEMBERED) known.clear()
  known.set(value, normal)
  return normal
}

const ITEM = /^([^\s;]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?$/

const normalise = (value: string): string => {
  const codings = new Map<string, number>()
  for (const item of value.toLowerCase().split(',')) {
    const [, coding, weight = '1'] = ITEM.exec(item.trim()) ?? []
    if (coding === undefined) continue
    const name = coding === 'x-gzip' ? 'gzip' : coding === 'x-compress' ? 'compress' : coding
    const q = Number(weight)
    if (q > 0 || name === 'identity' || name === '*') codings.set(name, q)
  }
  // `identity` is acceptable anyway, unless it is refused.
  if (codings.get('identity') === 1) codings.delete('identity')
  return [...codings]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, q]) => (q === 1 ? name : `${name};q=${q}`))
    .join(',')
}
