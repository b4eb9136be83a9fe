/** JSON Schema as this folder reads it: the keywords of the standard that it looks at, and ours. */
import type { FormName } from './schema/keywords.js'

export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly required?: readonly string[]
  readonly items?: JsonSchema | readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly notSupportedYet?: true | readonly unknown[]
  readonly unit?: string
  readonly timeSpan?: { readonly from: number; readonly to: number }
  readonly path?: 'file' | 'module'
  readonly form?: FormName
  readonly oneOrMany?: true
}

/** A TypeBox schema is JSON Schema; only its static type stands in the way. */
export const plain = (schema: object): JsonSchema => schema

/** The same object without some of its keys. */
export const without = (schema: JsonSchema, keys: readonly string[]): JsonSchema => ({
  ...schema,
  properties: Object.fromEntries(
    Object.entries(schema.properties ?? {}).filter(([key]) => !keys.includes(key)),
  ),
  required: (schema.required ?? []).filter((key) => !keys.includes(key)),
})

/** Whether a file must give this: nothing stands in where it is left out. */
export const isMandatory = (schema: JsonSchema): boolean => {
  if (schema.default !== undefined) return false
  if (schema.properties === undefined) return true
  return mandatoryKeys(schema).length > 0
}

/** The required keys that have no default; those with one are required only of the completed value. */
export const mandatoryKeys = (schema: JsonSchema): string[] =>
  (schema.required ?? []).filter((key) => isMandatory(schema.properties?.[key] ?? {}))

/**
 * The schema of what a file may say, made from the schema of the completed value: keys with a default may be left
 * out, and objects take no unknown keys unless they say otherwise. `rewrite` changes each part on the way.
 */
export const asWritten = (schema: JsonSchema, rewrite = (part: JsonSchema) => part): JsonSchema => {
  const inner = (part: JsonSchema) => asWritten(part, rewrite)
  const { properties, patternProperties, items, anyOf, oneOf } = schema
  return rewrite({
    ...schema,
    ...(properties && { properties: mapValues(properties, inner), required: mandatoryKeys(schema) }),
    ...(properties &&
      patternProperties === undefined && { additionalProperties: schema.additionalProperties ?? false }),
    ...(patternProperties && { patternProperties: mapValues(patternProperties, inner) }),
    ...(items && { items: isList(items) ? items.map(inner) : inner(items) }),
    ...(anyOf && { anyOf: anyOf.map(inner) }),
    ...(oneOf && { oneOf: oneOf.map(inner) }),
  })
}

const isList = (items: JsonSchema | readonly JsonSchema[]): items is readonly JsonSchema[] =>
  Array.isArray(items)

const mapValues = (
  record: Readonly<Record<string, JsonSchema>>,
  change: (part: JsonSchema) => JsonSchema,
): Record<string, JsonSchema> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
