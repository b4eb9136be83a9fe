/** The JSON Schema of `applicationHost.json` that editors read for completion and checking. */
import { asWritten, plain, type JsonSchema } from './json-schema.js'
import { server } from './schema/server.js'
import { timeSpanPattern } from './time-span.js'

/** A value may also be taken from the environment; an editor cannot know it. */
const VARIABLE = '\\$\\{\\w+\\}|%\\w+%'

/**
 * The schema of a file as it may be written: what is not supported yet is left out.
 *
 * @param moduleOptions - Options' schema (TypeBox) of modules by name; given to entries of `modules` of that name.
 */
export const publishSchema = (moduleOptions: Readonly<Record<string, object>> = {}): object => {
  const { properties, ...schema } = asWritten(plain(server), forEditors)
  const { modules, ...sections } = properties ?? {}
  const allOf = Object.entries(moduleOptions).map(([name, options]) => ({
    if: { properties: { name: { const: name } } },
    then: { properties: { options: asWritten(plain(options), forEditors) } },
  }))
  const items: object =
    allOf.length === 0 ? (modules?.items ?? {}) : { ...(modules?.items as JsonSchema), allOf }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'webgarden applicationHost.json',
    ...schema,
    properties: { $schema: { type: 'string' }, modules: { ...modules, items }, ...sections },
    allowTrailingCommas: true,
  }
}

/** Turns the keywords that only we know into such as editors know. Children come before their parents. */
const forEditors = (part: JsonSchema): JsonSchema => {
  const { notSupportedYet, timeSpan, unit, ...rest } = part
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([keyword]) => !OURS.has(keyword))),
    ...(unit !== undefined && { description: `${rest.description ?? ''} Unit: ${unit}.` }),
    ...(timeSpan && { pattern: `^(?:${timeSpanPattern})$|${VARIABLE}` }),
    ...(Array.isArray(notSupportedYet) && supportedOnly(rest, notSupportedYet)),
    // Stays for the parent to see, which leaves the key out.
    ...(notSupportedYet === true && { notSupportedYet }),
    ...(rest.properties && { properties: supportedKeys(rest.properties) }),
  }
}

const OURS = new Set(['path', 'form', 'oneOrMany'])

const supportedOnly = (schema: JsonSchema, not: readonly unknown[]): object =>
  schema.enum ? { enum: schema.enum.filter((value) => !not.includes(value)) } : { not: { enum: not } }

const supportedKeys = (properties: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> =>
  Object.fromEntries(Object.entries(properties).filter(([, schema]) => schema.notSupportedYet !== true))
