/** `npm run docs:check`: fails when docs/api is not what typedoc makes of the docstrings now, or one of them is missing. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const TYPEDOC = join(createRequire(import.meta.url).resolve('typedoc/package.json'), '../bin/typedoc')

const filesIn = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )

const fresh = mkdtempSync(join(tmpdir(), 'webgarden-api-'))
try {
  const { status } = spawnSync(process.execPath, [TYPEDOC, '--out', fresh, '--logLevel', 'Warn'], {
    cwd: ROOT,
    stdio: 'inherit',
  })
  const [now, kept] = [filesIn(fresh), filesIn(join(ROOT, 'docs/api'))]
  const stale = [...new Set([...now.keys(), ...kept.keys()])].filter(
    (name) => now.get(name) !== kept.get(name),
  )
  for (const name of stale) console.error(`docs/api/${name} is out of date; run: npm run docs:api`)
  process.exitCode = status === 0 && stale.length === 0 ? 0 : 1
} finally {
  rmSync(fresh, { recursive: true, force: true })
}
