/** Holds a value against a schema: the configuration as a whole, and the options of modules and adapters. */
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv'
import type { TSchema } from 'typebox'
import type { ConfigurationProblem } from '../errors.js'
import { checks, createAjv } from './ajv.js'
import { complete } from './complete.js'
import { explain } from './explain.js'
import { isObject } from './inherit.js'
import { asWritten, plain, type JsonSchema } from './json-schema.js'
import { segmentsOf, type Problem } from './problem.js'

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
  const problems = findProblems(validatorOf(plain(schema)), value, pointer)
  if (problems.length === 0 && isObject(value))
    Object.assign(value, complete(plain(schema), value, directory))
  return problems
}

/** The problems alone, unless `repair` is set: then what is wrong is taken out of `value`, so that reading can go on. */
export const findProblems = (
  validate: ValidateFunction,
  value: unknown,
  pointer: string,
  repair = false,
): Problem[] => {
  if (validate.call(checks, value)) return []
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
    shared ??= createAjv({ source: false })
    validate = shared.compile(asWritten(schema))
    validators.set(schema, validate)
  }
  return validate
}

let shared: Ajv | undefined

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
