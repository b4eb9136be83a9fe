/** Program: writes the compiled schema, the editors' one and the reference page; with `--check` only says whether the page is up to date. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compiledSchema } from './compile-schema.js'
import { documentation } from './documentation.js'
import { publishSchema } from './published-schema.js'

/** This file lies in `dist/core/config` of the package. */
const root = fileURLToPath(new URL('../../../', import.meta.url))
const page = join(root, 'docs', 'configuration.md')

const readPage = (): string => {
  try {
    return readFileSync(page, 'utf8')
  } catch {
    return ''
  }
}

if (process.argv.includes('--check')) {
  if (readPage() !== documentation()) {
    process.stderr.write(`${page} is out of date; write it anew with: node dist/core/config/publish.js\n`)
    process.exitCode = 1
  }
} else {
  mkdirSync(dirname(page), { recursive: true })
  writeFileSync(page, documentation())
  writeFileSync(join(root, 'dist', 'core', 'config', 'compiled-schema.cjs'), compiledSchema())
  writeFileSync(
    join(root, 'dist', 'applicationHost.schema.json'),
    `${JSON.stringify(publishSchema(), null, 2)}\n`,
  )
}
