/** The tables of effects are whole, and the page that shows them shows the same. */
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import {
  applicationEffects,
  effectOf,
  poolEffects,
  serverEffects,
  siteEffects,
  type Effects,
} from '../../../core/config/effects.js'
import { plain, type JsonSchema } from '../../../core/config/json-schema.js'
import { application } from '../../../core/config/schema/application.js'
import { pool } from '../../../core/config/schema/pool.js'
import { server } from '../../../core/config/schema/server.js'
import { site } from '../../../core/config/schema/site.js'

const page = readFileSync(new URL('../../../../docs/configuration-changes.md', import.meta.url), 'utf8')

const leavesOf = (schema: JsonSchema, path = ''): string[] =>
  Object.entries(schema.properties ?? {}).flatMap(([key, inner]) =>
    inner.properties ? leavesOf(inner, `${path}${key}.`) : [path + key],
  )

const shown = (title: string): Record<string, string> => {
  const [, section = ''] = page.split(`\n### ${title}\n`)
  const [table = ''] = section.split(/\n\n(?!\|)/)
  return Object.fromEntries(
    [...table.matchAll(/^\| `([\w.]+)` +\| (\w+) +\|$/gm)].map(([, key = '', effect = '']) => [key, effect]),
  )
}

const check = (t: Test, title: string, effects: Effects, schema: object, except: readonly string[]): void => {
  t.same(shown(title), effects, 'the page shows the table')
  const leaves = leavesOf(plain(schema)).filter(
    (key) => !except.some((other) => key === other || key.startsWith(`${other}.`)),
  )
  const unknown = leaves.filter((key) => effectOf(key, effects, 'restart') !== effectOf(key, effects, 'live'))
  t.same(unknown, [], 'each key of the schema has its effect')
  const sections = Object.keys(effects).filter(
    (key) => !leaves.some((leaf) => leaf === key || leaf.startsWith(`${key}.`)),
  )
  t.same(sections, [], 'each row is about a key of the schema')
}

t.test('pools', async (t) => {
  check(t, 'Pools', poolEffects, pool, ['name'])
})

t.test('sites', async (t) => {
  check(t, 'Sites', siteEffects, site, ['name', 'applications', 'applicationDefaults'])
})

t.test('applications', async (t) => {
  check(t, 'Applications', applicationEffects, application, ['path'])
})

t.test('the server', async (t) => {
  const inherited = ['applicationPoolDefaults', 'applicationDefaults', 'siteDefaults']
  check(t, 'The server', serverEffects, server, ['applicationPools', 'sites', ...inherited])
})
