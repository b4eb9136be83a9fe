/** Options of a module on trial, as the configuration would check and complete them. */
import type { TSchema } from 'typebox'
import { checkOptions } from '../../core/registry/check-options.js'

/**
 * @returns the options with the defaults of the schema filled in.
 * @throws TypeError with everything that is wrong with them.
 */
export const checkedOptions = async (
  { name, options: schema }: { readonly name: string; readonly options?: TSchema },
  given: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> => {
  const options = structuredClone(given) as Record<string, unknown>
  const problems = await checkOptions(schema, options, '/options', process.cwd())
  if (problems.length === 0) return options
  const all = problems.map(({ pointer, message }) => `${pointer}: ${message}`)
  throw new TypeError(`${name}: ${all.join('; ')}`)
}
