/** `webgarden new module` */
import type { Template } from './template.js'

export const module = (name: string): Template => ({
  about: "A module for webgarden: takes part in the events of a worker's integrated pipeline.",
  source: `import { defineModule } from 'webgarden'

export default defineModule({
  name: '${name}',
  setup: (scope) => ({
    authorize(ctx) {
      if (!ctx.path.startsWith('/private') || ctx.isLocal) return 'CONTINUE'
      ctx.sendError(403, 6)
      return 'FINISH'
    },
    sendResponse(ctx) {
      ctx.response.setHeader('X-Site', scope.application.site)
    },
  }),
})
`,
  test: `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tryExtension } from 'webgarden/testing'
import module from '../src/index.js'

test('it lets local clients in', async (t) => {
  const trial = await tryExtension(module)
  t.after(() => trial.close())
  const response = await trial.fetch('/private/page')
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('x-site'), 'bridge')
})
`,
  use: `"modules": [{ "name": "${name}", "module": "${name}" }] // of a site or an application`,
})
