/** Checks the options of a module against the schema that it brings. */
import type { TSchema } from 'typebox'
import type { ConfigurationProblem } from '../errors.js'

/** What takes no options at all. */
const NOTHING = { type: 'object', properties: {}, additionalProperties: false } as unknown as TSchema

/**
 * Fills the schema's defaults into `options`; without a schema there may be none. The checker is loaded when there is
 * something to check: most servers use the standard modules, which have nothing.
 *
 * @param directory - The folder that relative paths in the options are relative to.
 */
export const checkOptions = async (
  schema: TSchema | undefined,
  options: Record<string, unknown>,
  pointer: string,
  directory: string,
): Promise<readonly ConfigurationProblem[]> => {
  if (!schema && Object.keys(options).length === 0) return []
  const { checkAgainst } = await import('../config/check.js')
  return checkAgainst(schema ?? NOTHING, options, pointer, directory)
}
