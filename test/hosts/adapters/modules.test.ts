/** Whatever form an application's module has, the adapter that fits is found and the application answers. */
import { get, type IncomingMessage, type ServerResponse } from 'node:http'
import t from 'tap'
import { installListenCapture } from '../../../hosts/runtime/listen-capture.js'
import { bridge } from '../../../hosts/testing/index.js'
import { once } from '../testing/serve.js'
import { answerOf, load, openFront } from './load.js'

const front = await openFront(t)
installListenCapture()

const FASTIFY = `const build = ({ greeting = 'hello' } = {}) => { const app = Fastify(); app.get('/', () => greeting); return app }`
const EXPRESS = `const app = express(); app.get('/', (request, response) => response.send('hello'))`
const KOA = `const app = new Koa(); app.use((ctx) => { ctx.body = 'hello' })`
const HONO = `const app = new Hono(); app.get('/', (c) => c.text('hello'))`

/** What it is, the file's name, its text, and its type where it cannot tell by itself. */
const forms: readonly (readonly [string, string, string, string?])[] = [
  ['a Fastify instance', 'app.mjs', `import Fastify from 'fastify'; ${FASTIFY}; export default build()`],
  [
    'a Fastify instance in CommonJS',
    'app.cjs',
    `const Fastify = require('fastify'); ${FASTIFY}; module.exports = build()`,
  ],
  ['a factory of Fastify', 'app.mjs', `import Fastify from 'fastify'; ${FASTIFY}; export default build`],
  [
    'an asynchronous factory',
    'app.mjs',
    `import Fastify from 'fastify'; ${FASTIFY}; export default async () => build()`,
  ],
  [
    'a factory that names its type',
    'app.mjs',
    `import Fastify from 'fastify'; ${FASTIFY}; export default build`,
    'fastify',
  ],
  [
    'a promise of Fastify',
    'app.mjs',
    `import Fastify from 'fastify'; ${FASTIFY}; export default Promise.resolve(build())`,
  ],
  ['an Express application', 'app.mjs', `import express from 'express'; ${EXPRESS}; export default app`],
  [
    'an Express application by its type',
    'app.mjs',
    `import express from 'express'; ${EXPRESS}; export default app`,
    'express',
  ],
  [
    'an Express application under the name app',
    'app.mjs',
    `import express from 'express'; ${EXPRESS}; export { app }`,
  ],
  [
    'an Express application in CommonJS',
    'app.cjs',
    `const express = require('express'); ${EXPRESS}; module.exports = app`,
  ],
  [
    'app in module.exports',
    'app.cjs',
    `const express = require('express'); ${EXPRESS}; module.exports = { app, other: 1 }`,
  ],
  [
    'a transpiled default',
    'app.cjs',
    `const express = require('express'); ${EXPRESS}; Object.defineProperty(exports, '__esModule', { value: true }); exports.default = app`,
  ],
  [
    'a factory of Express',
    'app.mjs',
    `import express from 'express'; export default () => { ${EXPRESS}; return app }`,
    'express',
  ],
  ['a Koa application', 'app.mjs', `import Koa from 'koa'; ${KOA}; export default app`],
  [
    'a Koa application in CommonJS',
    'app.cjs',
    `const { default: Koa } = require('koa'); ${KOA}; module.exports = app`,
    'koa',
  ],
  ['a request listener', 'app.mjs', `export default (request, response) => response.end('hello')`],
  [
    'an asynchronous request listener',
    'app.mjs',
    `export default async (request, response) => { await 1; response.end('hello') }`,
  ],
  ['a listener of rest arguments', 'app.mjs', `export default (...both) => both[1].end('hello')`, 'listener'],
  [
    'a factory of a listener',
    'app.cjs',
    `module.exports = () => (request, response) => response.end('hello')`,
  ],
  ['a fetch handler', 'app.mjs', `export default { fetch: () => new Response('hello') }`],
  ['a fetch function', 'app.mjs', `export const fetch = async (request) => new Response('hello')`],
  ['a Hono application', 'app.mjs', `import { Hono } from 'hono'; ${HONO}; export default app`],
  [
    'a Hono application by its type',
    'app.mjs',
    `import { Hono } from 'hono'; ${HONO}; export default app`,
    'hono',
  ],
  [
    'an exported http.Server',
    'app.mjs',
    `import http from 'node:http'; export default http.createServer((q, s) => s.end('hello'))`,
  ],
  [
    'a program that listens',
    'app.mjs',
    `import http from 'node:http'; http.createServer((q, s) => s.end('hello')).listen(process.env.PORT)`,
  ],
  [
    'a program in CommonJS that listens',
    'app.cjs',
    `require('http').createServer((q, s) => s.end('hello')).listen(Number(process.env.PORT), () => undefined)`,
    'node',
  ],
  [
    'a program that listens later',
    'app.cjs',
    `setTimeout(() => require('express')().use((q, s) => s.send('hello')).listen(process.env.PORT), 20)`,
  ],
  [
    'a program of its type that listens later',
    'app.mjs',
    `import http from 'node:http'; setTimeout(() => http.createServer((q, s) => s.end('hello')).listen(0), 20)`,
    'node',
  ],
  [
    'a Fastify program',
    'app.mjs',
    `import Fastify from 'fastify'; ${FASTIFY}; await build().listen({ port: process.env.PORT })`,
  ],
]

for (const [what, name, source, type] of forms) {
  void t.test(`${what} is hosted${type === undefined ? '' : ` as "${type}"`}`, async (test) => {
    const loaded = await load(test, name, source, { type })
    test.equal(await answerOf(front, loaded), 'hello')
    await loaded.applications.close(Date.now() + 1_000)
    test.same(loaded.events, [])
  })
}

void t.test('a factory gets the options of the application', async (test) => {
  const source = `import Fastify from 'fastify'; ${FASTIFY}; export default build`
  test.equal(
    await answerOf(front, await load(test, 'app.mjs', source, { options: { greeting: 'hi' } })),
    'hi',
  )
})

void t.test('a program sees its port, its environment, and believes to listen', async (test) => {
  const source = `
    import http from 'node:http'
    const server = http.createServer((request, response) => response.end(JSON.stringify(seen)))
    const seen = { port: process.env.PORT, mode: process.env.MODE }
    server.listen(process.env.PORT, () => { seen.address = server.address(); seen.listening = server.listening })`
  const loaded = await load(test, 'app.mjs', source, { port: 4321, environment: { MODE: 'blue' } })
  test.same(JSON.parse(await answerOf(front, loaded)), {
    port: '4321',
    mode: 'blue',
    address: { address: '127.0.0.1', family: 'IPv4', port: 4321 },
    listening: true,
  })
})

void t.test('an application is closed once, by its own means', async (test) => {
  const source = `
    import Fastify from 'fastify'
    const app = Fastify()
    app.addHook('onClose', () => { globalThis.closed = (globalThis.closed ?? 0) + 1 })
    export default app`
  const { applications } = await load(test, 'app.mjs', source)
  await applications.close(Date.now() + 1_000)
  test.equal((globalThis as { closed?: number }).closed, 1)
})

void t.test('a program that hosts itself hears close of its server', async (test) => {
  const source = `
    import http from 'node:http'
    const server = http.createServer(() => undefined)
    server.on('close', () => { globalThis.serverClosed = true })
    server.listen(0)`
  const { applications } = await load(test, 'app.mjs', source)
  await applications.close(Date.now() + 1_000)
  test.equal((globalThis as { serverClosed?: boolean }).serverClosed, true)
})

void t.test('a fetch handler can build on the request, and sees what is behind it', async (test) => {
  const source = `
    export default {
      async fetch(request, { incoming }) {
        const copy = new Request(request, { headers: { 'x-new': '1' } })
        return Response.json({
          url: new URL(copy.url).pathname, header: copy.headers.get('x-new'),
          is: request instanceof Request, raw: incoming.url, aborted: request.signal.aborted,
        })
      },
    }`
  const text = await answerOf(front, await load(test, 'app.mjs', source), '/path?x=1')
  test.same(JSON.parse(text), { url: '/path', header: '1', is: true, raw: '/path?x=1', aborted: false })
})

void t.test('the answer of a fetch handler is a Response like any other', async (test) => {
  const source = `
    export default {
      async fetch(request) {
        const one = Response.json({ a: 1 }, { status: 201, headers: { 'x-one': '1' } })
        const copy = one.clone()
        const there = Response.redirect('http://other.example/', 307)
        class Own extends Response {}
        return new Response(JSON.stringify([
          one instanceof Response, await copy.json(), copy.status, copy.headers.get('x-one'), there.status,
          new Own('x') instanceof Response, await new Own('x').text(), (await fetch('data:,x')) instanceof Response,
        ]))
      },
    }`
  test.same(JSON.parse(await answerOf(front, await load(test, 'app.mjs', source))), [
    true,
    { a: 1 },
    201,
    '1',
    307,
    true,
    'x',
    true,
  ])
})

void t.test('a fetch handler that throws costs its client a 500', async (test) => {
  const said = test.capture(console, 'error')
  const loaded = await load(test, 'app.mjs', `export default { fetch() { throw new Error('no luck') } }`)
  await answerOf(front, loaded)
  test.match(said(), [{ args: [{ message: 'no luck' }] }])
})

void t.test('the signal of a fetch request is aborted when the client goes away', async (test) => {
  const source = `
    export default {
      fetch: (request) => new Promise((resolve) => {
        globalThis.fetchStarted()
        request.signal.addEventListener('abort', () => { globalThis.fetchAborted(); resolve(new Response('late')) })
      }),
    }`
  const { hosted } = await load(test, 'app.mjs', source)
  const started = once<null>()
  const aborted = once<null>()
  Object.assign(globalThis, {
    fetchStarted: () => {
      started.keep(null)
    },
    fetchAborted: () => {
      aborted.keep(null)
    },
  })
  front.listener = bridge((request: IncomingMessage, response: ServerResponse) => {
    hosted.handle(request, response, false, null)
  })
  const client = get({ port: front.port }).on('error', () => undefined)
  await started.promise
  client.destroy()
  test.equal(await aborted.promise, null)
})
