/** Writes the reference of `applicationHost.json` from the schema: one table for each section. */
import { expectation } from './explain.js'
import { plain, type JsonSchema } from './json-schema.js'
import { server } from './schema/server.js'
import { formatTimeSpan } from './time-span.js'

const HEAD = `# Configuration

<!-- Generated from core/config/schema by core/config/publish.ts: do not edit. -->

One file, by custom \`applicationHost.json\`, says everything. It is JSON in which comments and trailing commas are allowed.
Names and defaults are those of IIS where IIS has them.

- \`"$schema": "./node_modules/webgarden/dist/applicationHost.schema.json"\` at the top gives completion and checking in editors.
- \`webgarden check --config FILE\`, and every start, report all mistakes at once, as \`FILE:LINE:COLUMN: /pointer: what is wrong\`.
- A **time span** is written \`[days.]hours:minutes:seconds\`, as \`"00:20:00"\`, or with units, as \`"20m"\`, \`"1h30m"\`, \`"500ms"\`.
- \`%NAME%\` and \`\${NAME}\` in any string are taken from the environment; one that is not set is a mistake. \`$\${\` is a plain \`\${\`.
  Below a key \`options\`, \`%PORT%\`, \`%SOCKET%\` and \`%HTTP_PLATFORM_PORT%\` stay as they are: an application of type \`program\`
  fills them in when it starts.
- A **path** is relative to the folder of the file. A **module** is a path if it begins with \`.\` or is absolute, else the name of a package.
- Where a key is left out, a site takes it from \`siteDefaults\`, a pool from \`applicationPoolDefaults\`, an application from
  its site's \`applicationDefaults\`, then from those of the server. Sections are merged key by key, lists are replaced.
- A key or value marked **not yet** is known from IIS but not acted on in this version. Giving it is a mistake, so that nothing
  is ever silently ignored.

A whole file:

\`\`\`json
{
  "applicationPools": [{ "name": "Shop", "processModel": { "maxProcesses": 2 } }],
  "sites": [
    {
      "name": "Main",
      "bindings": [{ "protocol": "http", "bindingInformation": "*:8080:" }],
      "applications": [
        { "path": "/", "type": "static", "physicalPath": "./public" },
        { "path": "/shop", "applicationPool": "Shop", "module": "./shop/server.js" }
      ]
    }
  ]
}
\`\`\`
`

/** Sections that repeat the keys of another: a sentence says so. */
const repeats: Readonly<Record<string, string>> = {
  applicationPoolDefaults: 'Every key of `applicationPools` but `name`.',
  siteDefaults:
    'The keys `serverAutoStart`, `limits`, `logFile`, `caching` of `sites`, and those not supported yet.',
  applicationDefaults:
    'The keys `applicationPool`, `appIsolated`, `pathBase`, `caching` of applications, and those not supported yet.',
}

/** Sites and applications have it too; the server's stands for all. */
const isRepeated = (parent: string, key: string): boolean => key === 'requestFiltering' && parent !== ''

/** The whole page, as Markdown. */
export const documentation = (): string => {
  const sections: string[] = []
  describe('', plain(server), sections)
  return `${HEAD}\n${sections.join('\n')}`
}

const describe = (name: string, schema: JsonSchema, sections: string[], absent = false): void => {
  const title = name === '' ? '## The file' : `## \`${name}\``
  const properties = Object.entries(schema.properties ?? {})
  const rows = properties.map(([key, property]) => row(key, property, isRequired(key, property, schema)))
  const about = [name === '' ? undefined : schema.description, absent && 'Not supported yet: leave it out.']
    .filter((sentence) => typeof sentence === 'string')
    .map((sentence) => `${sentence}\n\n`)
    .join('')
  sections.push(`${title}\n\n${about}| Key | Type | Default | Range | Unit | What it does | Not yet |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}\n`)
  for (const [key, property] of properties) {
    const inner = itemsOf(property) ?? property
    const path = `${name === '' ? '' : `${name}.`}${key}${itemsOf(property) ? '[]' : ''}`
    if (inner.properties && !(key in repeats) && !isRepeated(name, key)) {
      describe(path, inner, sections, absent || property.notSupportedYet === true)
    }
  }
}

const isRequired = (key: string, property: JsonSchema, parent: JsonSchema): boolean =>
  property.default === undefined &&
  property.properties === undefined &&
  (parent.required?.includes(key) ?? false)

const row = (key: string, schema: JsonSchema, required: boolean): string => {
  const not = schema.notSupportedYet
  const cells = [
    `\`${key}\``,
    typeOf(schema),
    required ? '**required**' : defaultOf(schema),
    rangeOf(schema),
    schema.unit ?? '',
    [schema.description, repeats[key]].filter((part) => part !== undefined).join(' '),
    Array.isArray(not) ? not.map(code).join(', ') : not === true ? 'not yet' : '',
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

const typeOf = (schema: JsonSchema): string => {
  if (schema.timeSpan) return 'time span'
  if (schema.path) return schema.path === 'module' ? 'module' : 'path'
  if (schema.oneOrMany) return 'name, or list of names'
  if (schema.enum) return 'word'
  if (schema.patternProperties) return 'object'
  if (schema.properties) return 'section'
  if (schema.type === 'array') return itemsOf(schema)?.properties ? 'list of sections' : 'list'
  if (schema.type === 'integer') return 'whole number'
  return typeof schema.type === 'string' ? schema.type : ''
}

const defaultOf = (schema: JsonSchema): string => (schema.default === undefined ? '' : code(schema.default))

const rangeOf = (schema: JsonSchema): string => {
  if (schema.timeSpan)
    return `${formatTimeSpan(schema.timeSpan.from)} to ${formatTimeSpan(schema.timeSpan.to)}`
  if (schema.enum) return schema.enum.map(code).join(', ')
  const words = itemsOf(schema)?.enum
  if (words) return words.map(code).join(', ')
  const bounded = schema.minimum !== undefined || schema.maximum !== undefined
  return bounded ? (expectation(schema) ?? '').replace(/^a (whole )?number (from |of )?/, '') : ''
}

const itemsOf = (schema: JsonSchema): JsonSchema | undefined =>
  schema.items !== undefined && !Array.isArray(schema.items) ? (schema.items as JsonSchema) : undefined

const code = (value: unknown): string => `\`${JSON.stringify(value)}\``
