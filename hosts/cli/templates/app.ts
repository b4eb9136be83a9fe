/** `webgarden new app` */
import type { Template } from './template.js'

export const app = (name: string): Template => ({
  about: 'An application for webgarden.',
  source: `import type { IncomingMessage, ServerResponse } from 'node:http'

/** Anything that can answer will do: a Fastify instance, an Express or Koa application, an object with a fetch method. */
export default (request: IncomingMessage, response: ServerResponse): void => {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.end(\`hello from \${request.url}\\n\`)
}
`,
  test: `import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { bridge } from 'webgarden/testing'
import app from '../src/index.js'

test('it answers as it will in a worker', async (t) => {
  const server = createServer(bridge(app)).listen(0)
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const response = await fetch(\`http://127.0.0.1:\${port}/x\`, { headers: { connection: 'close' } })
  assert.equal(await response.text(), 'hello from /x\\n')
})
`,
  use: `"sites": [{ "applications": [{ "path": "/", "module": "${name}" }] }]`,
})
