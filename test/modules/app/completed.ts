/** The options of a standard module as it gets them: checked against its schema, with its defaults. */
import type { Static, TSchema } from 'typebox'
import { checkAgainst } from '../../../core/config/check.js'

/** @throws Error with what is wrong. */
export const completed = <O extends TSchema>(module: { readonly options?: O }, given: object): Static<O> => {
  const options = structuredClone(given)
  const problems = checkAgainst(module.options as TSchema, options, '/options', '/srv')
  if (problems.length > 0) {
    throw new Error(problems.map(({ pointer, message }) => `${pointer} ${message}`).join('\n'))
  }
  return options as Static<O>
}
