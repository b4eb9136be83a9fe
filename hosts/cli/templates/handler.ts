/** `webgarden new handler` */
import type { Template } from './template.js'

export const handler = (name: string): Template => ({
  about: 'A handler for webgarden: answers the requests that are mapped to it.',
  source: `import { defineHandler } from 'webgarden'

interface Options {
  greeting: string
}

export default defineHandler({
  name: '${name}',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: { greeting: { type: 'string', default: 'Hello' } },
  },
  async handle(ecb) {
    const { greeting } = ecb.options as Options
    ecb.sendResponseHeader('200 OK', { 'Content-Type': 'text/plain; charset=utf-8' })
    await ecb.writeClient(\`\${greeting} from \${ecb.pathInfo}\\n\`)
  },
})
`,
  test: `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tryExtension } from 'webgarden/testing'
import handler from '../src/index.js'

test('it greets', async (t) => {
  const trial = await tryExtension(handler, { options: { greeting: 'Good day' } })
  t.after(() => trial.close())
  const response = await trial.fetch('/somewhere')
  assert.equal(response.status, 200)
  assert.match(await response.text(), /^Good day from /)
})
`,
  use: `"handlers": [{ "name": "${name}", "path": "*.hello", "verb": "GET", "module": "${name}" }]`,
})
