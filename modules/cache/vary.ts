/** Which requests a stored response answers, by the request fields that its Vary names (RFC 9111 section 4.1). */
import { normalAcceptEncoding } from './accept-encoding.js'

/** The fields on which a response depends, and what they were in the request that it answered. */
export interface Variant {
  /** Lower case. */
  readonly names: readonly string[]
  /** In the order of `names`, in their normal form; undefined where the request had no such field. */
  readonly values: readonly (string | undefined)[]
}

/** What has a request's fields: a RequestContext, for one. */
export interface FieldSource {
  headerList(name: string): string | undefined
}

const ANY: Variant = { names: [], values: [] }

/** The variant that a response to `request` is; null for `Vary: *`, which no other request ever matches. */
export const variantOf = (vary: string | undefined, request: FieldSource): Variant | null => {
  if (vary === undefined) return ANY
  const listed = vary.toLowerCase().split(',')
  const names = [...new Set(listed.map((name) => name.trim()))].filter((name) => name !== '')
  if (names.includes('*')) return null
  return { names, values: valuesOf(names, request) }
}

/** The fields of that names as `request` has them, in their normal form. */
export const valuesOf = (names: readonly string[], request: FieldSource): (string | undefined)[] =>
  names.map((name) => normal(name, request.headerList(name)))

export const matchesVariant = (variant: Variant, request: FieldSource): boolean => {
  for (let at = 0; at < variant.names.length; at++) {
    const name = variant.names[at] ?? ''
    const value = request.headerList(name)
    const stored = variant.values[at]
    if (value !== stored && normal(name, value) !== stored) return false
  }
  return true
}

/** White space around commas and at the ends means nothing in any field that lists. */
const normal = (name: string, value: string | undefined): string | undefined => {
  if (value === undefined) return undefined
  if (name === 'accept-encoding') return normalAcceptEncoding(value)
  const list = value.trim().replace(/\s*,\s*/g, ',')
  // Language tags have no case (RFC 5646 section 2.1.1).
  return name === 'accept-language' ? list.toLowerCase() : list
}
