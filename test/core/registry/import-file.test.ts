/** TypeScript where node runs it, and what to do where it does not. */
import { join } from 'node:path'
import t from 'tap'
import { importFile } from '../../../core/registry/import-file.js'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const stripsTypes = major > 23 || (major === 22 && minor >= 18) || (major === 23 && minor >= 6)

t.test('a TypeScript file is run, or the error says what to do', async (t) => {
  const folder = t.testdir({
    'package.json': '{"type":"module"}',
    'a.ts': 'export const answer: number = 42',
    'b.mjs': 'export const answer = 42',
    'c.mjs': "throw new Error('not today')",
  })
  if (stripsTypes) t.match(await importFile(join(folder, 'a.ts')), { answer: 42 })
  else
    await t.rejects(importFile(join(folder, 'a.ts')), {
      message:
        /node v\d+.* does not run TypeScript \(.*a\.ts\): compile it .* or run with node 22\.18 or later/,
    })
  t.match(await importFile(join(folder, 'b.mjs')), { answer: 42 })
  await t.rejects(importFile(join(folder, 'c.mjs')), { message: 'not today' })
})

t.test('a mistake in the language is told with its place', async (t) => {
  const folder = t.testdir({
    'package.json': '{"type":"module"}',
    'd.mjs': "export default {\n  name: 'x',,\n}\n",
    'e.mjs': "import './d.mjs'\n",
  })
  await t.rejects(importFile(join(folder, 'd.mjs')), {
    name: 'SyntaxError',
    message: /Unexpected token ',' \(.*d\.mjs:2:13: name: 'x',,\)/,
  })
  await t.rejects(importFile(join(folder, 'e.mjs')), { name: 'SyntaxError', message: /Unexpected token/ })
})
