/** Makes the complete value of a checked one: defaults filled in, time spans as milliseconds, paths absolute. */
import { isAbsolute, resolve } from 'node:path'
import { isObject, type Raw } from './inherit.js'
import type { JsonSchema } from './json-schema.js'
import { parseTimeSpan } from './time-span.js'

/**
 * A new value whose objects have their keys in the schema's order: all of one kind get one shape.
 *
 * @param directory - Absolute; relative paths are taken from here.
 */
export const complete = (schema: JsonSchema, value: unknown, directory: string): unknown => {
  const given = value === undefined ? copyOf(schema.default) : value
  if (schema.timeSpan) return typeof given === 'string' ? parseTimeSpan(given) : given
  if (schema.path && typeof given === 'string') return absolute(given, schema.path, directory)
  if (schema.oneOrMany && typeof given === 'string') return [given]
  if (schema.properties)
    return completeObject(schema, schema.properties, isObject(given) ? given : {}, directory)
  if (Array.isArray(given) && isObject(schema.items)) {
    const items: JsonSchema = schema.items
    return given.map((item: unknown) => complete(items, item, directory))
  }
  return given ?? (schema.type === undefined ? given : placeholder(schema.type))
}

const completeObject = (
  schema: JsonSchema,
  properties: Readonly<Record<string, JsonSchema>>,
  given: Raw,
  directory: string,
): Raw => {
  const result: Raw = {}
  for (const [key, property] of Object.entries(properties)) {
    const own = given[key]
    if (own !== undefined || schema.required?.includes(key) || property.default !== undefined) {
      result[key] = complete(property, own, directory)
    }
  }
  // Where a schema allows more keys than it names, they are kept as they are.
  if (schema.additionalProperties || schema.patternProperties) {
    for (const [key, own] of Object.entries(given)) if (!(key in properties)) result[key] = own
  }
  return result
}

/** Defaults belong to the schema; who writes to a completed value must not write to them. */
const copyOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copyOf)
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, own]) => [key, copyOf(own)]))
    : value
}

/** Stands in for what is missing but mandatory, only while the other problems of a wrong file are looked for. */
const placeholder = (type: string | readonly string[]): unknown =>
  type === 'string' ? '' : type === 'array' ? [] : type === 'object' ? {} : type === 'boolean' ? false : 0

const absolute = (path: string, kind: 'file' | 'module', directory: string): string =>
  kind === 'module' && !path.startsWith('.') && !isAbsolute(path) ? path : resolve(directory, path)
