/** What the route stage makes of a registration. */
import t from 'tap'
import type { Application, Site } from '../../../core/namespace/application.js'
import { Namespace } from '../../../core/namespace/namespace.js'
import { RequestQueue } from '../../../core/queue/request-queue.js'
import stage, { hasMoreSegments, route, type Request } from '../../../modules/route/route-stage.js'

const site: Site = {
  id: 1,
  name: 'one',
  port: 80,
  config: { limits: { maxUrlSegments: 3 }, hsts: { enabled: false } } as Site['config'],
}
const shop: Application = {
  id: 1,
  site,
  path: '/shop',
  config: { access: { sslFlags: [] as const } } as unknown as Application['config'],
  queue: new RequestQueue('pool', 1),
  filter: null,
}
const namespace = new Namespace()
namespace.register({ address: '*', port: 80, host: 'example.com' }, site, '/shop', shop)

const request = (host: string, path: string): Request => ({
  connection: { localAddress: '127.0.0.1', localPort: 80, encrypted: false },
  host,
  path,
  url: path,
  method: 'GET',
  respond: () => undefined,
  site: null,
  application: null,
  queue: null,
})

t.test('sets site, application and queue', (t) => {
  const ctx = request('example.com', '/shop/cart')
  route(ctx, namespace)
  t.equal(ctx.site, site)
  t.equal(ctx.application, shop)
  t.equal(ctx.queue, shop.queue)
  t.end()
})

t.test('refuses a host that no site has', (t) => {
  const ctx = request('example.org', '/shop')
  t.throws(
    () => {
      route(ctx, namespace)
    },
    { code: 'BAD_HOST' },
  )
  t.equal(ctx.site, null)
  t.end()
})

t.test('answers 404 where the site has no application, and knows the site', (t) => {
  const ctx = request('example.com', '/')
  t.throws(
    () => {
      route(ctx, namespace)
    },
    { code: 'NOT_FOUND' },
  )
  t.equal(ctx.site, site)
  t.equal(ctx.application, null)
  t.end()
})

t.test('refuses a path of more segments than the site allows', (t) => {
  route(request('example.com', '/shop/b/c'), namespace)
  t.throws(
    () => {
      route(request('example.com', '/shop/b/c/d'), namespace)
    },
    { code: 'TOO_MANY_SEGMENTS' },
  )
  t.end()
})

t.test('counts segments', (t) => {
  for (const [path, most, more] of [
    ['/', 1, false],
    ['/a', 1, false],
    ['/abc/', 1, false],
    ['/a/b', 1, true],
    ['/abc/d', 1, true],
    ['/a/b/c', 3, false],
    ['/aaaaaaaaaaaaaaaaa/b/c/', 3, false],
    ['/a/b/c/d', 3, true],
    ['/a/b', 0, false],
    ['*', 1, false],
  ] as const) {
    t.equal(hasMoreSegments(path, most), more, `${path} ${most}`)
  }
  t.end()
})

t.test('is a stage of slot route', async (t) => {
  t.same(stage.slots, ['route'])
  const made = await stage.setup({ namespace } as Parameters<typeof stage.setup>[0], {})
  const ctx = request('example.com', '/shop') as Parameters<typeof made.run>[0]
  t.equal(made.run(ctx), 'CONTINUE')
  t.equal(ctx.application, shop)
})
