/** Unlike applications side by side on the built server: each kind as its author wrote it, found or named by type. */
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'

const FILES = {
  'fastify-instance.mjs': `import Fastify from 'fastify'
    const app = Fastify()
    app.get('/', async () => ({ hello: 'fastify' }))
    export default app`,
  'fastify-factory.mjs': `import Fastify from 'fastify'
    export default async (options) => { const app = Fastify(); app.get('/', async () => options); return app }`,
  'express.cjs': `const express = require('express')
    const app = express()
    app.get('/', (request, response) => response.json({ base: request.originalUrl }))
    app.use(() => { throw new Error('thrown in express') })
    module.exports = app`,
  'koa.mjs': `import Koa from 'koa'
    export default new Koa().use((ctx) => { ctx.body = { hello: 'koa' } })`,
  'hono.mjs': `import { Hono } from 'hono'
    const app = new Hono()
    app.get('/', (c) => c.json({ hello: 'hono' }))
    export default app`,
  'fetch.mjs': `export default { fetch: (request) => Response.json({ url: new URL(request.url).pathname }) }`,
  'listener.mjs': `export default (request, response) => response.end(JSON.stringify({ hello: 'listener' }))`,
  'program.mjs': `import { createServer } from 'node:http'
    const server = createServer((request, response) => response.end(JSON.stringify({ port: process.env.PORT, at: server.address().port, listening: server.listening })))
    server.listen(process.env.PORT, () => console.log('PROGRAM LISTENS'))`,
  'fastify-program.cjs': `const app = require('fastify')()
    app.get('/', async () => ({ hello: 'fastify program' }))
    setTimeout(() => app.listen({ port: process.env.PORT, host: '0.0.0.0' }), 20)`,
  'files/index.html': '<p>index</p>',
  'files/a.txt': '0123456789',
  'files/.secret': 'no',
  'adapter.mjs': `export default {
      kind: 'adapter', name: 'shouting', needsModule: false,
      options: { type: 'object', additionalProperties: false, properties: { word: { type: 'string' }, times: { type: 'integer', default: 2, maximum: 5 } }, required: ['word'] },
      adapt: (input, options) => ({ handle: (request, response) => response.end(JSON.stringify(options)) }),
    }`,
}

t.test('each kind of application answers, unchanged', async (t) => {
  const module = (path: string, file: string, more: object = {}): Record<string, unknown> => ({
    path,
    module: `./${file}`,
    ...more,
  })
  const server = await startServer(
    {
      ...oneSite([
        module('/fastify', 'fastify-instance.mjs'),
        module('/factory', 'fastify-factory.mjs', { options: { given: 1 } }),
        module('/express', 'express.cjs'),
        module('/koa', 'koa.mjs'),
        module('/hono', 'hono.mjs', { type: 'hono' }),
        module('/fetch', 'fetch.mjs'),
        module('/listener', 'listener.mjs', { type: 'listener' }),
        module('/program', 'program.mjs'),
        module('/later', 'fastify-program.cjs'),
        { path: '/files', type: 'static', physicalPath: './files' },
        { path: '/shout', type: 'shouting', options: { word: 'hey' } },
      ]),
      modules: [{ name: 'shouting', module: './adapter.mjs' }],
    },
    FILES,
  )
  t.teardown(() => server.stop())
  const json = async (path: string): Promise<unknown> => (await fetch(`${server.url}${path}`)).json()
  t.same(await json('/fastify'), { hello: 'fastify' })
  t.same(await json('/factory'), { given: 1 })
  t.same(await json('/express'), { base: '/express' })
  t.equal((await fetch(`${server.url}/express/x`)).status, 500)
  t.same(await json('/koa'), { hello: 'koa' })
  t.same(await json('/hono'), { hello: 'hono' })
  t.same(await json('/fetch/x'), { url: '/x' })
  t.same(await json('/listener'), { hello: 'listener' })
  t.same(await json('/program'), { port: String(server.port), at: server.port, listening: true })
  await server.printed(/PROGRAM LISTENS/)
  t.same(await json('/later'), { hello: 'fastify program' })
  t.same(await json('/shout'), { word: 'hey', times: 2 })
})

t.test('static files: ranges, validators, default documents, and no way out', async (t) => {
  const server = await startServer(
    oneSite([{ path: '/files', type: 'static', physicalPath: './files' }]),
    FILES,
  )
  t.teardown(() => server.stop())
  const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, { headers, redirect: 'manual' })
  t.equal(await (await ask('/files/')).text(), '<p>index</p>')
  const bare = await ask('/files?x=1')
  t.equal(bare.status, 301)
  t.equal(bare.headers.get('location'), '/files/?x=1')
  const whole = await ask('/files/a.txt')
  t.equal(await whole.text(), '0123456789')
  const part = await ask('/files/a.txt', { range: 'bytes=2-4' })
  t.equal(part.status, 206)
  t.equal(await part.text(), '234')
  // By hand, since fetch makes a conditional request one that asks for no cache.
  const client = await rawClient(server.port)
  client.send(get('/files/a.txt', { 'If-None-Match': whole.headers.get('etag') ?? '' }))
  await client.until(/^HTTP\/1\.1 304 /)
  client.socket.destroy()
  t.equal((await ask('/files/.secret')).status, 404)
  t.equal((await ask('/files/%2e%2e/applicationHost.json')).status, 404)
  t.equal((await ask('/files/..%2fapplicationHost.json')).status, 404)
  t.equal((await ask('/files/nothing')).status, 404)
})

t.test('a type that nobody knows, options that do not fit and a missing module stop the start', async (t) => {
  const failed = startServer(
    {
      ...oneSite([
        { path: '/a', type: 'fastfy', module: './listener.mjs' },
        { path: '/b', type: 'static', options: { maxAeg: 1 } },
        { path: '/c', type: 'express' },
        { path: '/d', type: 'shouting', options: { times: 9 } },
      ]),
      modules: [{ name: 'shouting', module: './adapter.mjs' }],
    },
    FILES,
  )
  const { message } = await failed.then(
    () => new Error('it started'),
    (error: unknown) => error as Error,
  )
  t.match(message, /\/sites\/0\/applications\/0\/type: there is no adapter "fastfy"; known are .*"fastify"/)
  t.match(message, /\/sites\/0\/applications\/1\/options\/maxAeg: .*did you mean "maxAge"/)
  t.match(message, /\/sites\/0\/applications\/2: an application of type "express" needs a "module"/)
  t.match(message, /\/sites\/0\/applications\/3\/options.*word/)
  t.match(message, /\/sites\/0\/applications\/3\/options\/times: .*5/)
})
