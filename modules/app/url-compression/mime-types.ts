/** Which types are compressed: an exact entry counts before `text/*`, that before the one for all. */
import type { MimeTypeOptions } from './options.js'

/** @param contentType - the header field; without one nothing is known, and nothing done */
export const typeTest = (types: readonly MimeTypeOptions[]): ((contentType: string) => boolean) => {
  const enabled = new Map(types.map(({ mimeType, enabled }) => [mimeType.toLowerCase(), enabled]))
  return (contentType) => {
    const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
    if (!type.includes('/')) return false
    const family = `${type.slice(0, type.indexOf('/'))}/*`
    return enabled.get(type) ?? enabled.get(family) ?? enabled.get('*/*') ?? false
  }
}
