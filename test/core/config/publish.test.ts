/** What is generated from the schema: the page and the editors' schema. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import t from 'tap'
import { Type } from 'typebox'
import { documentation } from '../../../core/config/documentation.js'
import { plain, type JsonSchema } from '../../../core/config/json-schema.js'
import { publishSchema } from '../../../core/config/published-schema.js'
import { server } from '../../../core/config/schema/server.js'

const SITE = { name: 'a', bindings: [{ bindingInformation: '*:80:' }], applications: [{ type: 'static' }] }

/** Every key of the schema with its path, and what it says of itself. */
const keysOf = (schema: JsonSchema, path = ''): [string, JsonSchema][] =>
  Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const items = property.items as JsonSchema | undefined
    const here = `${path}/${key}`
    return [[here, property] as [string, JsonSchema], ...keysOf(property, here), ...keysOf(items ?? {}, here)]
  })

t.test('every key of the schema says what it is for', (t) => {
  const keys = keysOf(plain(server))
  t.ok(keys.length > 150)
  for (const [path, { description }] of keys) t.ok(description, path)
  t.end()
})

t.test('every key of the schema stands in the page', (t) => {
  const page = documentation()
  for (const [path] of keysOf(plain(server))) {
    const key = path.split('/').at(-1) ?? ''
    t.ok(page.includes(`| \`${key}\` |`), path)
  }
  t.match(page, /\| `CLRConfigFile` \|.*\| not yet \|/)
  t.match(page, /\| `queueLength` \| whole number \| `1000` \| 10 to 65535 \| requests \|/)
  t.end()
})

t.test('the page in docs is up to date', (t) => {
  t.equal(readFileSync(join(process.cwd(), 'docs', 'configuration.md'), 'utf8'), documentation())
  t.end()
})

t.test("the editors' schema takes what may be written and refuses the rest", (t) => {
  const options = Type.Object({ size: Type.Integer({ default: 5 }) })
  const published = JSON.parse(JSON.stringify(publishSchema({ mine: options }))) as object
  const valid = new Ajv({ strictTypes: false }).addKeyword('allowTrailingCommas').compile(published)
  const right = {
    $schema: './applicationHost.schema.json',
    sites: [{ ...SITE, limits: { connectionTimeout: '1h30m' } }],
    applicationPools: [{ name: 'p', processModel: { startupTimeLimit: '00:00:10', maxProcesses: 2 } }],
    pipeline: { log: 'mine', cache: ['cache'] },
    modules: [
      { name: 'mine', module: './mine.js', options: { size: 3 } },
      { name: 'other', module: './o.js', options: { any: 1 } },
    ],
  }
  t.ok(valid(right), JSON.stringify(valid.errors))
  t.ok(valid({ ...right, sites: [{ ...SITE, limits: { connectionTimeout: '${WAIT}' } }] }), 'variables')
  const wrong: object[] = [
    {},
    { ...right, sites: [{ ...SITE, limits: { connectionTimeout: 'soon' } }] },
    { ...right, applicationPools: [{ name: 'p', CLRConfigFile: 'clr.config' }] },
    { ...right, applicationPools: [{ name: 'p', processModel: { maxProcesses: 0 } }] },
    { ...right, applicationPools: [{ name: 'p', processModel: { idleTimeoutAction: 'Suspend' } }] },
    { ...right, modules: [{ name: 'mine', module: './mine.js', options: { sice: 3 } }] },
    { ...right, loog: {} },
  ]
  for (const file of wrong) t.notOk(valid(file), JSON.stringify(file))
  t.end()
})
