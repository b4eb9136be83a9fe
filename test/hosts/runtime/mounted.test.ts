/** What an application sees of the path it is mounted at. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import express from 'express'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { bridge, type BridgeOptions } from '../../../hosts/testing/index.js'
import { ask, listen } from '../testing/serve.js'

interface Hosted extends IncomingMessage {
  originalUrl?: string
  serverVariables: Record<string, string>
}

const tell = (request: Hosted, response: ServerResponse): void => {
  const { url, originalUrl, rawHeaders, headers } = request
  response.end(
    JSON.stringify({
      url,
      originalUrl,
      prefix: headers['x-forwarded-prefix'],
      prefixes: rawHeaders.filter((name) => name.toLowerCase() === 'x-forwarded-prefix').length,
    }),
  )
}

const seen = async (test: Test, options: BridgeOptions, path: string, headers = {}): Promise<unknown> => {
  const { port } = await listen(test, createServer(bridge(tell, options)))
  return JSON.parse((await ask(port, path, { headers })).body.toString()) as unknown
}

void t.test('an application at the root sees the request as it came', async (test) => {
  test.same(await seen(test, {}, '/a/b?c=1', { 'X-Forwarded-Prefix': '/proxy' }), {
    url: '/a/b?c=1',
    prefix: '/proxy',
    prefixes: 1,
  })
})

void t.test('a mounted application sees its own paths', async (test) => {
  const options = { path: '/shop' }
  const expected = { prefix: '/shop', prefixes: 1 }
  for (const [path, url] of [
    ['/shop/cart?x=1', '/cart?x=1'],
    ['/shop', '/'],
    ['/shop/', '/'],
    ['/shop?x=1', '/?x=1'],
    ['/shop/shop/shop', '/shop/shop'],
    ['/Sho%70/a%2Fb', '/a%2Fb'],
  ] as const) {
    test.same(await seen(test, options, path), { url, originalUrl: path, ...expected }, path)
  }
})

void t.test('a mount of several segments is taken off whole', async (test) => {
  test.match(await seen(test, { path: '/shop/eu' }, '/shop/eu/cart'), { url: '/cart', prefix: '/shop/eu' })
})

void t.test('a client cannot make the prefix up', async (test) => {
  test.match(await seen(test, { path: '/shop' }, '/shop/', { 'x-forwarded-prefix': '/evil' }), {
    prefix: '/shop',
    prefixes: 1,
  })
})

void t.test('pathBase "keep" gives the whole path', async (test) => {
  test.same(await seen(test, { path: '/shop', pathBase: 'keep' }, '/shop/cart?x=1'), {
    url: '/shop/cart?x=1',
    originalUrl: '/shop/cart?x=1',
    prefix: '/shop',
    prefixes: 1,
  })
})

void t.test('Express and Fastify route by the path below the mount', async (test) => {
  const app = express()
  app.get('/cart/:id', (request, response) =>
    response.json([request.params.id, request.originalUrl, request.path]),
  )
  const one = await listen(test, createServer(bridge(app, { path: '/shop' })))
  test.same(JSON.parse((await ask(one.port, '/shop/cart/7')).body.toString()), [
    '7',
    '/shop/cart/7',
    '/cart/7',
  ])

  const api = Fastify()
  api.get<{ Params: { id: string } }>('/cart/:id', (request) => [request.params.id, request.url])
  const two = await listen(test, createServer(bridge(api, { path: '/shop' })))
  test.same(JSON.parse((await ask(two.port, '/shop/cart/7')).body.toString()), ['7', '/cart/7'])
})

void t.test('the server variables say where the request went', async (test) => {
  const names = [
    'APPL_MD_PATH',
    'APPL_PHYSICAL_PATH',
    'APP_POOL_ID',
    'HTTPS',
    'HTTP_URL',
    'INSTANCE_ID',
    'INSTANCE_NAME',
    'LOCAL_ADDR',
    'PATH_INFO',
    'QUERY_STRING',
    'REMOTE_ADDR',
    'REQUEST_METHOD',
    'SCRIPT_NAME',
    'SERVER_NAME',
    'SERVER_PORT',
    'SERVER_PROTOCOL',
    'URL',
  ]
  const app = (request: Hosted, response: ServerResponse): void => {
    response.end(
      JSON.stringify(Object.fromEntries(names.map((name) => [name, request.serverVariables[name]]))),
    )
  }
  const { port } = await listen(test, createServer(bridge(app, { path: '/shop', physicalPath: '/srv/shop' })))
  const answer = await ask(port, '/shop/a%20b?q=1', { headers: { Host: 'Example.com:80' } })
  test.same(JSON.parse(answer.body.toString()), {
    APPL_MD_PATH: '/LM/W3SVC/1/ROOT/shop',
    APPL_PHYSICAL_PATH: '/srv/shop',
    APP_POOL_ID: 'bridge',
    HTTPS: 'off',
    HTTP_URL: '/shop/a%20b?q=1',
    INSTANCE_ID: '1',
    INSTANCE_NAME: 'bridge',
    LOCAL_ADDR: '127.0.0.1',
    PATH_INFO: '/a b',
    QUERY_STRING: 'q=1',
    REMOTE_ADDR: '127.0.0.1',
    REQUEST_METHOD: 'GET',
    SCRIPT_NAME: '/shop',
    SERVER_NAME: 'Example.com',
    SERVER_PORT: String(port),
    SERVER_PROTOCOL: 'HTTP/1.1',
    URL: '/shop/a b',
  })
})
