/** The configuration's schema as the build has compiled it, and the parts of it that are completed one by one. */
import { createRequire } from 'node:module'
import type { ValidateFunction } from 'ajv'
import type { JsonSchema } from './json-schema.js'

const compiled = createRequire(import.meta.url)('./compiled-schema.cjs') as {
  readonly schema: JsonSchema
  readonly validate: ValidateFunction
}

/** Says whether a file's value is right; called on `checks` (see ajv.ts). */
export const validateServer = compiled.validate

/** A key of an object, or `*`: the items of a list. */
export const part = ({ properties, items }: JsonSchema, key: string): JsonSchema => {
  const found = key === '*' ? items : properties?.[key]
  if (found === undefined || Array.isArray(found)) throw new Error(`The schema has no ${key}`)
  return found as JsonSchema
}

export const server = compiled.schema
export const moduleEntry = part(part(server, 'modules'), '*')
export const pool = part(part(server, 'applicationPools'), '*')
export const site = part(part(server, 'sites'), '*')
export const binding = part(part(site, 'bindings'), '*')
export const siteCaching = part(site, 'caching')
export const siteLog = part(site, 'logFile')
export const application = part(part(site, 'applications'), '*')
export const handler = part(part(application, 'handlers'), '*')
export const filter = part(part(application, 'filters'), '*')
export const extension = part(part(application, 'modules'), '*')
