/** Real applications of the frameworks, bare and through the bridge: a client must not see a difference. */
import { createServer, type RequestOptions, type Server } from 'node:http'
import multipart from '@fastify/multipart'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import multer from 'multer'
import { fetchListener } from '../../../hosts/adapters/fetch-listener.js'
import t, { type Test } from 'tap'
import { bridge } from '../../../hosts/testing/index.js'
import { ask, listen, type Answer } from './serve.js'

const BOUNDARY = 'webgarden'
const FORM = [
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="title"',
  '',
  'Über Gärten',
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="file"; filename="plan.bin"',
  'Content-Type: application/octet-stream',
  '',
  'x'.repeat(300_000),
  `--${BOUNDARY}--`,
  '',
].join('\r\n')

const JSON_TYPE = { 'Content-Type': 'application/json' }

/** The same questions for every framework; each application answers them in its own words. */
const QUESTIONS: readonly [string, RequestOptions, string?][] = [
  ['/', {}],
  ['/', { method: 'HEAD' }],
  ['/text?name=G%C3%A4rtner', {}],
  ['/json', { method: 'POST', headers: JSON_TYPE }, JSON.stringify({ list: [1, 2, { deep: 'ü' }] })],
  ['/json', { method: 'POST', headers: JSON_TYPE }, '{"broken":'],
  ['/json', { method: 'POST', headers: { ...JSON_TYPE, 'Content-Length': '0' } }],
  ['/cookies', {}],
  ['/empty', {}],
  ['/redirect', {}],
  ['/stream', {}],
  ['/stream', { method: 'HEAD' }],
  ['/throws', {}],
  ['/nowhere', {}],
  ['/text', { headers: { 'If-None-Match': '*' } }],
  [
    '/upload',
    { method: 'POST', headers: { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` } },
    FORM,
  ],
]

const seen = (answer: Answer): unknown => ({
  ...answer,
  body: answer.body.toString('latin1'),
  headers: { ...answer.headers, date: typeof answer.headers.date },
  rawHeaders: answer.rawHeaders
    .filter((_value, index) => index % 2 === 0)
    .map((name) => name.toLowerCase())
    .sort(),
})

const compare = async (test: Test, bare: Server, bridged: Server): Promise<void> => {
  const one = await listen(test, bare)
  const other = await listen(test, bridged)
  for (const [path, options, body] of QUESTIONS) {
    const expected = seen(await ask(one.port, path, options, body))
    const found = seen(await ask(other.port, path, options, body))
    test.same(found, expected, `${options.method ?? 'GET'} ${path}`)
  }
}

void t.test('an Express application answers through the bridge as it does bare', async (test) => {
  const make = (): express.Express => {
    const app = express()
    app.set('env', 'test')
    app.get('/', (_request, response) => response.send('<p>Grüße</p>'))
    app.get('/text', (request, response) =>
      response.type('txt').send(`hello ${JSON.stringify(request.query.name)}`),
    )
    app.post('/json', express.json(), (request, response) => response.json({ got: request.body as unknown }))
    app.get('/cookies', (_request, response) => response.cookie('a', '1').cookie('b', '2').end())
    app.get('/empty', (_request, response) => response.sendStatus(204))
    app.get('/redirect', (_request, response) => {
      response.redirect('/elsewhere')
    })
    app.get('/stream', (_request, response) => {
      for (const part of ['one', 'zwei', 'drei']) response.write(part)
      response.end('!')
    })
    app.get('/throws', () => {
      throw new Error('out of order')
    })
    app.post('/upload', multer().single('file'), (request, response) => {
      response.json({ title: (request.body as { title: string }).title, size: request.file?.size })
    })
    return app
  }
  await compare(test, createServer(make()), createServer(bridge(make())))
})

void t.test('a Koa application answers through the bridge as it does bare', async (test) => {
  const make = (): Koa => {
    const app = new Koa()
    app.silent = true
    app.use(async (ctx) => {
      switch (ctx.path) {
        case '/':
          ctx.body = '<p>Grüße</p>'
          break
        case '/text':
          ctx.body = `hello ${String(ctx.query.name)}`
          ctx.etag = 'x'
          if (ctx.fresh) ctx.status = 304
          break
        case '/json': {
          let text = ''
          for await (const chunk of ctx.req.setEncoding('utf8')) text += chunk as string
          ctx.body = { got: JSON.parse(text) as unknown }
          break
        }
        case '/upload': {
          let bytes = 0
          for await (const chunk of ctx.req) bytes += (chunk as Buffer).length
          ctx.body = { bytes }
          break
        }
        case '/cookies':
          ctx.cookies.set('a', '1')
          ctx.cookies.set('b', '2')
          ctx.body = ''
          break
        case '/empty':
          ctx.status = 204
          break
        case '/redirect':
          ctx.redirect('/elsewhere')
          break
        case '/stream':
          ctx.type = 'text'
          ctx.body = (await import('node:stream')).Readable.from(['one', 'zwei', 'drei'])
          break
        case '/throws':
          throw new Error('out of order')
      }
    })
    return app
  }
  const bare = make().callback()
  await compare(
    test,
    createServer((request, response) => {
      void bare(request, response)
    }),
    createServer(bridge(make())),
  )
})

void t.test('a Fastify application answers through the bridge as it does bare', async (test) => {
  const make = () => {
    const app = Fastify()
    void app.register(multipart)
    app.get('/', (_request, reply) => reply.type('text/html').send('<p>Grüße</p>'))
    app.get<{ Querystring: { name?: string } }>('/text', (request) => `hello ${String(request.query.name)}`)
    app.post('/json', (request) => ({ got: request.body }))
    app.get('/cookies', (_request, reply) => reply.header('set-cookie', ['a=1', 'b=2']).send())
    app.get('/empty', (_request, reply) => reply.code(204).send())
    app.get('/redirect', (_request, reply) => reply.redirect('/elsewhere'))
    app.get('/stream', async (_request, reply) =>
      reply.type('text/plain').send((await import('node:stream')).Readable.from(['one', 'zwei', 'drei'])),
    )
    app.get('/throws', () => {
      throw new Error('out of order')
    })
    app.post('/upload', async (request) => {
      const file = await request.file()
      const bytes = (await file?.toBuffer())?.length
      return { bytes, name: file?.filename, title: (file?.fields.title as { value?: unknown }).value }
    })
    return app
  }
  const bare = make()
  await bare.ready()
  test.teardown(() => bare.close())
  await compare(test, bare.server, createServer(bridge(make())))
})

void t.test('a Hono application answers through the bridge as it does bare', async (test) => {
  const make = (): Hono => {
    const app = new Hono()
    app.get('/', (c) => c.html('<p>Grüße</p>'))
    app.get('/text', (c) => c.text(`hello ${String(c.req.query('name'))}`))
    app.post('/json', async (c) => c.json({ got: (await c.req.json()) as unknown }))
    app.get('/cookies', (c) => {
      c.header('Set-Cookie', 'a=1')
      c.header('Set-Cookie', 'b=2', { append: true })
      return c.body('')
    })
    app.get('/empty', (c) => c.body(null, 204))
    app.get('/redirect', (c) => c.redirect('/elsewhere'))
    app.get('/stream', (c) => c.body(new Blob(['one', 'zwei', 'drei']).stream()))
    app.get('/throws', () => {
      throw new Error('out of order')
    })
    app.onError((error, c) => c.text(error.message, 500))
    app.post('/upload', async (c) => {
      const form = await c.req.parseBody()
      return c.json({ title: form.title, size: (form.file as File).size })
    })
    return app
  }
  const app = make()
  await compare(
    test,
    createServer(fetchListener((request) => app.fetch(request))),
    createServer(bridge(make())),
  )
})

void t.test('a plain node:http program answers through the bridge as it does bare', async (test) => {
  const make = (): Server =>
    createServer((request, response) => {
      switch (request.url) {
        case '/':
          response.setHeader('X-Two', ['a', 'b'])
          response.end('<p>Grüße</p>')
          break
        case '/cookies':
          response.writeHead(200, 'Fine', { 'Set-Cookie': ['a=1', 'b=2'] })
          response.end()
          break
        case '/empty':
          response.statusCode = 204
          response.end()
          break
        case '/stream':
          response.write('one')
          setImmediate(() => response.end('zwei'))
          break
        case '/nowhere':
          response.writeHead(404, ['X-Raw', '1', 'x-raw', '2'])
          response.end(Buffer.from('nothing'))
          break
        default:
          request.pipe(response)
      }
    })
  await compare(test, make(), createServer(bridge(make())))
})
