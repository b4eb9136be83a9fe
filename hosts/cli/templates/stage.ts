/** `webgarden new stage` */
import type { Template } from './template.js'

export const stage = (name: string): Template => ({
  about: "A stage for webgarden's pipeline: runs in the listener, for every request.",
  source: `import { defineStage } from 'webgarden'

interface Options {
  path: string
}

export default defineStage({
  name: '${name}',
  slot: 'cache',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: { path: { type: 'string', default: '/health' } },
  },
  setup(_scope, options) {
    const { path } = options as Options
    return {
      run(ctx) {
        if (ctx.path !== path) return 'CONTINUE'
        ctx.respond(200, ['Content-Type', 'text/plain'], 'well\\n')
        return 'FINISH'
      },
    }
  },
})
`,
  test: `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tryStage } from 'webgarden/testing'
import stage from '../src/index.js'

test('it answers one path and lets all others through', async () => {
  const trial = await tryStage(stage, { path: '/well' })
  assert.match((await trial.run({ url: '/well' })).text, /^HTTP\\/1\\.1 200 OK[^]*well\\n$/)
  assert.equal((await trial.run({ url: '/other' })).passed, true)
})
`,
  use: `"modules": [{ "name": "${name}", "module": "${name}" }],
"pipeline": { "cache": ["${name}", "cache"] }`,
})
