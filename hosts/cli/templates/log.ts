/** `webgarden new log` */
import type { Template } from './template.js'

export const log = (name: string): Template => ({
  about: 'A log module for webgarden: gets the records of requests that are over, in a worker of its own.',
  source: `import { appendFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineLog } from 'webgarden'

interface Options {
  file: string
}

export default defineLog({
  name: '${name}',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: { file: { type: 'string', default: 'requests.txt' } },
  },
  setup(scope, options) {
    const file = resolve(scope.directory, (options as Options).file)
    return {
      write(records) {
        appendFileSync(file, records.map(({ status, method, path }) => \`\${status} \${method} \${path}\\n\`).join(''))
      },
    }
  },
})
`,
  test: `import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startServer } from 'webgarden/testing'

test('it writes a line for each request', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), '${name}-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'app.mjs'), 'export default (request, response) => response.end("hello")')
  const module = fileURLToPath(new URL('../src/index.js', import.meta.url))
  const server = await startServer(
    {
      modules: [{ name: '${name}', module }],
      pipeline: { log: '${name}' },
      sites: [
        {
          name: 'Test',
          bindings: [{ bindingInformation: '127.0.0.1:0:' }],
          applications: [{ path: '/', module: './app.mjs' }],
        },
      ],
    },
    { folder },
  )
  await (await fetch(\`\${server.url}/a\`)).text()
  await server.stop()
  assert.equal(readFileSync(join(folder, 'requests.txt'), 'utf8'), '200 GET /a\\n')
})
`,
  use: `"modules": [{ "name": "${name}", "module": "${name}" }],
"pipeline": { "log": ["log", "${name}"] }`,
})
