/** The JSON Schema compiler, with the keywords that are ours. */
import { createRequire } from 'node:module'
import type * as ajvPackage from 'ajv'
import type { Ajv, CodeKeywordDefinition, KeywordCxt } from 'ajv'
import { forms } from './forms.js'
import type { FormName } from './schema/keywords.js'
import { parseTimeSpan } from './time-span.js'

const require = createRequire(import.meta.url)

/** What the code of our keywords calls: every validator is called on it (`validate.call(checks, value)`). */
export const checks = {
  isTimeSpan: (text: string, from: number, to: number): boolean => {
    const span = parseTimeSpan(text)
    return span !== undefined && span >= from && span <= to
  },
  hasForm: (text: string, form: FormName): boolean => forms[form](text) === undefined,
}

/** Loads Ajv when called: whoever reads a configuration without options of modules pays nothing. */
export const createAjv = ({ source }: { source: boolean }): Ajv => {
  const { Ajv: Compiler, _ } = require('ajv') as typeof ajvPackage
  const ajv = new Compiler({
    allErrors: true,
    verbose: true,
    messages: false,
    strict: false,
    validateFormats: false,
    addUsedSchema: false,
    passContext: true,
    // Schemas come from TypeBox, which makes no bad ones; checking and optimising costs more than it can win here.
    meta: false,
    validateSchema: false,
    code: { optimize: false, source },
  })
  const keywords: readonly CodeKeywordDefinition[] = [
    {
      keyword: 'notSupportedYet',
      code: (cxt: KeywordCxt) => {
        const not = cxt.schema as true | readonly unknown[]
        if (not === true) cxt.fail()
        else cxt.fail(_`${cxt.schemaValue}.includes(${cxt.data})`)
      },
    },
    {
      keyword: 'timeSpan',
      type: 'string',
      code: (cxt: KeywordCxt) => {
        const { from, to } = cxt.schema as { from: number; to: number }
        cxt.fail(_`!this.isTimeSpan(${cxt.data}, ${from}, ${to})`)
      },
    },
    {
      keyword: 'form',
      type: 'string',
      code: (cxt: KeywordCxt) => {
        cxt.fail(_`!this.hasForm(${cxt.data}, ${cxt.schema as FormName})`)
      },
    },
  ]
  for (const keyword of keywords) ajv.addKeyword(keyword)
  return ajv
}
