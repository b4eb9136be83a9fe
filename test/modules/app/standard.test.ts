/** The registry of standard modules: each loads, takes no option it does not know, and is documented. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { standardModules } from '../../../modules/app/standard.js'
import { completed } from './completed.js'

const DOCS = readFileSync(
  fileURLToPath(new URL('../../../../docs/standard-modules.md', import.meta.url)),
  'utf8',
)

for (const [name, load] of Object.entries(standardModules)) {
  t.test(name, async (t) => {
    const module = await load()
    t.equal(module.kind, 'module')
    t.equal(module.name, name)
    t.ok(completed(module, {}), 'it needs no options')
    t.throws(() => void completed(module, { nonsense: 1 }), /nonsense/)
    const section = DOCS.split('\n## ').find((text) => text.startsWith(`${name}\n`)) ?? ''
    t.not(section, '', 'docs/standard-modules.md has a section for it')
    const { properties } = module.options as unknown as { properties: Record<string, unknown> }
    for (const key of Object.keys(properties)) t.ok(section.includes(`\`${key}\``), `which names ${key}`)
  })
}
