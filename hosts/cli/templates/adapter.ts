/** `webgarden new adapter` */
import type { Template } from './template.js'

export const adapter = (name: string): Template => ({
  about: 'An adapter for webgarden: hosts the applications of one kind of framework.',
  source: `import { defineAdapter } from 'webgarden'

/** An application of the framework: an object that answers with a text. */
interface Application {
  answer(url: string): string
}

const isApplication = (value: unknown): value is Application =>
  typeof (value as Application | undefined)?.answer === 'function'

export default defineAdapter({
  name: '${name}',
  recognises: ({ exports }) => isApplication(exports?.default),
  adapt({ exports }) {
    const application = exports?.default
    if (!isApplication(application)) throw new Error('The module exports no object with a function "answer" by default.')
    return {
      handle(request, response) {
        response.end(application.answer(request.url ?? '/'))
      },
    }
  },
})
`,
  test: `import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startServer } from 'webgarden/testing'

test('it hosts its applications', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), '${name}-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'app.mjs'), 'export default { answer: (url) => "answer to " + url }')
  const module = fileURLToPath(new URL('../src/index.js', import.meta.url))
  const server = await startServer(
    {
      modules: [{ name: '${name}', module }],
      sites: [
        {
          name: 'Test',
          bindings: [{ bindingInformation: '127.0.0.1:0:' }],
          applications: [{ path: '/', module: './app.mjs', type: '${name}' }],
        },
      ],
    },
    { folder },
  )
  t.after(() => server.stop())
  assert.equal(await (await fetch(\`\${server.url}/x\`)).text(), 'answer to /x')
})
`,
  use: `"modules": [{ "name": "${name}", "module": "${name}" }],
"sites": [{ "applications": [{ "path": "/", "module": "./app.js", "type": "${name}" }] }]`,
})
