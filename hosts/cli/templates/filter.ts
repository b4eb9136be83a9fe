/** `webgarden new filter` */
import type { Template } from './template.js'

export const filter = (name: string): Template => ({
  about: 'A filter for webgarden: hears of every request of its scope, and may change it.',
  source: `import { defineFilter } from 'webgarden'

interface Options {
  text: string
}

export default defineFilter({
  name: '${name}',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: { text: { type: 'string', default: 'seen' } },
  },
  preprocHeaders(_pfc, headers) {
    // '' takes a field away: whoever wants to say who asks is not to be believed.
    headers.setHeader('X-Forwarded-User', '')
    return 'REQ_NEXT_NOTIFICATION'
  },
  sendResponse(pfc, headers) {
    headers.setHeader('X-Stamp', (pfc.options as Options).text)
    return 'REQ_NEXT_NOTIFICATION'
  },
})
`,
  test: `import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { tryExtension } from 'webgarden/testing'
import filter from '../src/index.js'

test('it stamps answers, and takes a field off requests', async (t) => {
  const application = (request: IncomingMessage, response: ServerResponse) => {
    response.end(String(request.headers['x-forwarded-user']))
  }
  const trial = await tryExtension(filter, { application, options: { text: 'stamped' } })
  t.after(() => trial.close())
  const response = await trial.fetch('/', { headers: { 'X-Forwarded-User': 'root' } })
  assert.equal(response.headers.get('x-stamp'), 'stamped')
  assert.equal(await response.text(), 'undefined')
})
`,
  use: `"filters": [{ "name": "${name}", "module": "${name}", "options": { "text": "hello" } }]`,
})
