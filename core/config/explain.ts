/** What the validator found, as sentences for people. */
import type { ErrorObject } from 'ajv'
import { forms } from './forms.js'
import { isObject } from './inherit.js'
import type { JsonSchema } from './json-schema.js'
import { suggestion } from './nearest.js'
import { member, segmentsOf, type Problem } from './problem.js'
import type { FormName } from './schema/keywords.js'
import { formatTimeSpan } from './time-span.js'

/** One finding; needs the validator's `verbose` mode. `pointer` is where the checked value stands. */
export const explain = (error: ErrorObject, pointer: string): Problem => {
  const here = pointer + error.instancePath
  const schema = (error.parentSchema ?? {}) as JsonSchema
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty)
      return { pointer: member(here, key), message: unknownKey(key, schema.properties ?? {}), atKey: true }
    }
    case 'required':
      return {
        pointer: here,
        message: `"${String(params.missingProperty)}" is missing${aboutMissing(schema, params)}`,
      }
    case 'notSupportedYet':
      return notSupportedYet(error, here, schema)
    case 'form':
      return {
        pointer: here,
        message: forms[error.schema as FormName](error.data as string) ?? 'is malformed',
      }
    case 'uniqueItems':
      return { pointer: member(here, Number(params.i)), message: 'is in the list twice' }
    default:
      return { pointer: here, message: mustBe(schema, error) }
  }
}

const aboutMissing = (schema: JsonSchema, params: Record<string, unknown>): string => {
  const description = schema.properties?.[String(params.missingProperty)]?.description
  return description === undefined ? '' : ` (${description.replace(/\.$/, '')})`
}

const unknownKey = (key: string, known: Readonly<Record<string, JsonSchema>>): string => {
  const section = Object.entries(known).find(([, schema]) => Object.hasOwn(schema.properties ?? {}, key))
  if (section) return `unknown key "${key}" here; it belongs in "${section[0]}"`
  const keys = Object.keys(known)
  const near = suggestion(key, keys)
  if (near !== '' || keys.length > 10) return `unknown key "${key}"${near}`
  return `unknown key "${key}"; ${keys.length === 0 ? 'there are none here' : `the keys here are ${quoted(keys, 'and')}`}`
}

const notSupportedYet = (error: ErrorObject, pointer: string, schema: JsonSchema): Problem => {
  const key = segmentsOf(pointer).at(-1) ?? ''
  if (error.schema === true) {
    return { pointer, message: `"${key}" is not supported yet; leave it out`, atKey: true }
  }
  const instead = schema.enum ? `use ${quoted(supported(schema), 'or')}` : 'use another value'
  return { pointer, message: `"${key}": ${shown(error.data)} is not supported yet; ${instead}` }
}

const mustBe = (schema: JsonSchema, error: ErrorObject): string => {
  const expected = expectation(schema)
  if (expected === undefined) {
    return `does not keep the rule "${error.keyword}": ${JSON.stringify(error.schema)}, which its module sets`
  }
  return `must be ${expected}${schema.enum ? ';' : ','} not ${shown(error.data)}`
}

/** What a schema wants, as the end of a sentence that begins with "must be"; undefined where it cannot be said. */
export const expectation = (schema: JsonSchema): string | undefined => {
  if (schema.timeSpan) {
    const { from, to } = schema.timeSpan
    return `a time span from ${formatTimeSpan(from)} to ${formatTimeSpan(to)}, such as "00:20:00" or "20m"`
  }
  if (schema.oneOrMany) return 'a string or a list of strings'
  if (schema.enum)
    return supported(schema).length === 1 ? quoted(supported(schema)) : `one of ${quoted(supported(schema))}`
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return either(choices.map(expectation))
  if (Array.isArray(schema.type)) return either(schema.type.map((type: string) => ofType(type, schema)))
  return typeof schema.type === 'string' ? ofType(schema.type, schema) : undefined
}

const ofType = (type: string, schema: JsonSchema): string | undefined => {
  switch (type) {
    case 'integer':
      return `a whole number${range(schema)}`
    case 'number':
      return `a number${range(schema)}`
    case 'boolean':
      return 'true or false'
    case 'string':
      return `a string${length(schema)}`
    case 'array':
      return `a list${items(schema)}`
    case 'object':
      return 'an object'
    case 'null':
      return 'null'
    default:
      return undefined
  }
}

const range = (schema: JsonSchema): string => {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  const step = multipleOf === undefined ? '' : ` that is a multiple of ${multipleOf}`
  if (minimum !== undefined && maximum !== undefined) return `${step} from ${minimum} to ${maximum}`
  const low =
    minimum !== undefined
      ? `of at least ${minimum}`
      : exclusiveMinimum !== undefined && `above ${exclusiveMinimum}`
  const high =
    maximum !== undefined
      ? `of at most ${maximum}`
      : exclusiveMaximum !== undefined && `below ${exclusiveMaximum}`
  const bounds = [low, high].filter((bound) => typeof bound === 'string').join(' and ')
  return bounds === '' ? step : `${step} ${bounds}`
}

const length = ({ minLength, maxLength, pattern, format }: JsonSchema): string => {
  if (pattern !== undefined) return ` of the form ${pattern}`
  if (format !== undefined) return ` of the form "${format}"`
  if (maxLength !== undefined) return ` of ${minLength ?? 0} to ${maxLength} characters`
  if (minLength === undefined) return ''
  return minLength === 1 ? ' that is not empty' : ` of at least ${minLength} characters`
}

const items = ({ minItems, maxItems }: JsonSchema): string => {
  if (maxItems !== undefined) return ` of ${minItems ?? 0} to ${maxItems}`
  return minItems === undefined ? '' : ` of at least ${minItems === 1 ? 'one' : minItems}`
}

const supported = ({ enum: values = [], notSupportedYet: not }: JsonSchema): readonly unknown[] =>
  Array.isArray(not) ? values.filter((value) => !not.includes(value)) : values

const quoted = (values: readonly unknown[], last?: 'and' | 'or'): string => {
  const words = values.map((value) => JSON.stringify(value))
  if (last === undefined || words.length < 2) return words.join(', ')
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}

const either = (choices: readonly (string | undefined)[]): string | undefined =>
  choices.includes(undefined) ? undefined : [...new Set(choices)].join(' or ')

const shown = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (isObject(value)) return 'an object'
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) return 'nothing'
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text
}
