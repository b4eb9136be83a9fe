/** Holds a value against a schema: the configuration as a whole, and the options of modules and adapters. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { TSchema } from 'typebox'
import type { ConfigurationProblem } from '../errors.js'
import { complete } from './complete.js'
import { explain } from './explain.js'
import { forms } from './forms.js'
import { isObject } from './inherit.js'
import { asWritten, plain, type JsonSchema } from './json-schema.js'
import { segmentsOf, type Problem } from './problem.js'
import type { FormName } from './schema/keywords.js'
import { parseTimeSpan } from './time-span.js'

/**
 * Checks a module's own options, strictly: an unknown key, a wrong type and a value out of range are problems.
 * Where there are none, `value` has its defaults filled in and its time spans as milliseconds; else it is as it was.
 *
 * @param value - The options, an object that may be written to.
 * @param pointer - Where the options stand in the file, such as `/modules/0/options`.
 * @param directory - The folder that relative paths in the options are relative to.
 */
export const checkAgainst = (
  schema: TSchema,
  value: unknown,
  pointer: string,
  directory = process.cwd(),
): ConfigurationProblem[] => {
  const problems = findProblems(plain(schema), value, pointer)
  if (problems.length === 0 && isObject(value))
    Object.assign(value, complete(plain(schema), value, directory))
  return problems
}

/** The problems alone, unless `repair` is set: then what is wrong is taken out of `value`, so that reading can go on. */
export const findProblems = (
  schema: JsonSchema,
  value: unknown,
  pointer: string,
  repair = false,
): Problem[] => {
  const validate = validatorOf(schema)
  if (validate(value)) return []
  const errors = withoutConsequences(validate.errors ?? [])
  const problems = errors.map((error) => explain(error, pointer))
  if (repair) for (const error of errors) takeOut(value, error)
  return problems.filter(
    (one, index) =>
      index === problems.findIndex((other) => other.pointer === one.pointer && other.message === one.message),
  )
}

const validators = new WeakMap<JsonSchema, ValidateFunction>()

const validatorOf = (schema: JsonSchema): ValidateFunction => {
  let validate = validators.get(schema)
  if (!validate) {
    validate = ajv().compile(asWritten(schema))
    validators.set(schema, validate)
  }
  return validate
}

let shared: Ajv | undefined

/** Made when first needed: a worker's side that only imports the public entry pays nothing. */
const ajv = (): Ajv => {
  if (shared) return shared
  shared = new Ajv({
    allErrors: true,
    verbose: true,
    messages: false,
    strict: false,
    validateFormats: false,
    addUsedSchema: false,
    // Schemas come from TypeBox, which makes no bad ones; checking and optimising costs more than it can win here.
    meta: false,
    validateSchema: false,
    code: { optimize: false },
  })
  shared.addKeyword({
    keyword: 'notSupportedYet',
    validate: (not: true | readonly unknown[], value: unknown) => not !== true && !not.includes(value),
  })
  shared.addKeyword({
    keyword: 'timeSpan',
    type: 'string',
    validate: ({ from, to }: { from: number; to: number }, text: string) => {
      const span = parseTimeSpan(text)
      return span !== undefined && span >= from && span <= to
    },
  })
  shared.addKeyword({
    keyword: 'form',
    type: 'string',
    validate: (form: FormName, text: string) => forms[form](text) === undefined,
  })
  return shared
}

/** Drops what only follows from another finding: beneath something not supported, and inside a failed choice. */
const withoutConsequences = (errors: readonly ErrorObject[]): ErrorObject[] => {
  const refused = errors.filter((error) => error.keyword === 'notSupportedYet')
  const choices = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf')
  return errors.filter(
    (error) =>
      error.keyword !== 'if' &&
      !refused.some((other) => other !== error && isAtOrBeneath(error.instancePath, other.instancePath)) &&
      !choices.some((other) => other !== error && error.schemaPath.startsWith(`${other.schemaPath}/`)),
  )
}

const isAtOrBeneath = (path: string, parent: string): boolean =>
  path === parent || path.startsWith(`${parent}/`)

/** Names of a bad form stay: others may refer to them, and a second complaint about those would mislead. */
const takeOut = (root: unknown, error: ErrorObject): void => {
  if (['additionalProperties', 'required', 'form', 'uniqueItems'].includes(error.keyword)) return
  const segments = segmentsOf(error.instancePath)
  const last = segments.pop()
  let parent = root
  for (const segment of segments) parent = (parent as Record<string, unknown> | undefined)?.[segment]
  if (last === undefined || typeof parent !== 'object' || parent === null) return
  // An item of a list leaves a hole, so that those after it keep their places.
  if (Array.isArray(parent)) parent[Number(last)] = undefined
  else Reflect.deleteProperty(parent, last)
}
