/** One setting as it is typed on a command line, `processModel.maxProcesses:4`: its path, and its value as the schema has it. */
import type { JsonSchema } from './json-schema.js'

export interface Setting {
  readonly path: readonly string[]
  readonly value: unknown
}

/**
 * IIS's own forms are understood: a `/` before the name, and names in any case. An unknown name stays as it is, for the check
 * of the whole file to complain about in its own words.
 *
 * @param text - `name:value`; `name=value` too.
 * @throws Error where there is no value.
 */
export const parseSetting = (text: string, schema: JsonSchema): Setting => {
  const match = /^\/?([^:=]+)[:=](.*)$/s.exec(text)
  if (!match) throw new Error(`"${text}" is no setting; write it as name:value, as in queueLength:2000`)
  const { path, schema: found } = pathOf(match[1] ?? '', schema)
  return { path, value: valueOf(match[2] ?? '', found) }
}

/** A dotted name in the schema's spelling, and the schema of its value where there is one. */
export const pathOf = (
  name: string,
  schema: JsonSchema,
): { path: string[]; schema: JsonSchema | undefined } => {
  const path: string[] = []
  let here: JsonSchema | undefined = schema
  for (const segment of name.replace(/^\//, '').split('.')) {
    const keys: string[] = Object.keys(here?.properties ?? {})
    const key: string | undefined =
      keys.find((one) => one === segment) ?? keys.find((one) => one.toLowerCase() === segment.toLowerCase())
    path.push(key ?? segment)
    here = key === undefined ? Object.values(here?.patternProperties ?? {})[0] : here?.properties?.[key]
  }
  return { path, schema: here }
}

/** Text where the schema wants text; JSON where it is JSON; else text, which the check will complain about. */
const valueOf = (text: string, schema: JsonSchema | undefined): unknown => {
  const types = [schema?.type ?? []].flat()
  if (types.includes('string') && !text.startsWith('[')) return text
  const json = asJson(text)
  if (types.includes('array') && !Array.isArray(json))
    return text === '' ? [] : text.split(',').map((item) => item.trim())
  return json === undefined ? text : json
}

const asJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
