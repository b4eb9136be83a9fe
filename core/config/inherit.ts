/** Inheritance: what something says itself, laid over what it inherits; objects are merged, all else is replaced. */
export type Raw = Record<string, unknown>

/** Makes a new object, and alters neither. */
export const inherit = (defaults: unknown, own: unknown): Raw => {
  const merged: Raw = isObject(defaults) ? { ...defaults } : {}
  if (!isObject(own)) return merged
  for (const [key, value] of Object.entries(own)) {
    merged[key] = isObject(value) && isObject(merged[key]) ? inherit(merged[key], value) : value
  }
  return merged
}

/** A JSON object, not a list. */
export const isObject = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
