/**
 * The configuration's schema and its validator as a program text, written by the build: a start needs neither TypeBox nor
 * Ajv, which take longer to load and to compile than all the rest of the reading.
 */
import standalone from 'ajv/dist/standalone/index.js'
import { createAjv } from './ajv.js'
import { asWritten, plain } from './json-schema.js'
import { server } from './schema/server.js'

/** Text of a CommonJS module that exports `schema`, the completed value's, and `validate`, of what a file may say. */
export const compiledSchema = (): string => {
  const ajv = createAjv({ source: true })
  const validate = ajv.compile(asWritten(plain(server)))
  return `${standalone.default(ajv, validate)}\nmodule.exports = { validate: module.exports, schema: ${JSON.stringify(server)} }\n`
}
