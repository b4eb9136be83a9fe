/** What the configuration becomes: pools with their queues, and URLs that lead to them. */
import t from 'tap'
import { Hosted } from './hosted.js'

t.test('no worker runs before the first request', async (test) => {
  const hosted = new Hosted([{ name: 'a' }, { name: 'b' }])
  test.equal(hosted.started.length, 0)
  test.equal(hosted.service.countWorkers(), 0)
  test.same([hosted.pool('a').state, hosted.pool('b').state], ['started', 'started'])
})

t.test('each application is registered at each binding, with the queue of its pool', async (test) => {
  const hosted = new Hosted([{ name: 'a' }, { name: 'b' }])
  const shop = hosted.namespace.find('127.0.0.1', 80, 'b', '/shop/cart')
  test.match(shop.application, {
    path: '/shop',
    queue: hosted.pool('b').queue,
    site: { name: 'b', port: 80 },
  })
  const ids = ['a', 'b'].flatMap((host) =>
    ['/', '/shop'].map((path) => hosted.namespace.find('127.0.0.1', 80, host, path).application?.id),
  )
  test.equal(new Set(ids).size, 4)
})

t.test(
  'a worker is told of the applications that requests wait for, and of others when one comes',
  async (test) => {
    const hosted = new Hosted([{ name: 'a', processModel: { startupTimeLimit: '5s' } }])
    hosted.ask('a', '/shop/1')
    const settings = await hosted.worker.settings()
    test.match(settings, { workerId: 1, pool: 'a', startupTimeLimit: 5_000, adapters: [] })
    test.match(settings.applications, [
      { name: 'a/shop', site: 'a', siteId: 1, mount: '/shop', pathBase: 'strip', port: 80, pool: 'a' },
    ])
    test.equal(settings.applications.length, 1)
    hosted.worker.ready()
    await hosted.worker.heard()
    hosted.ask('a', '/')
    test.match((await hosted.worker.heard())[1], [4, { name: 'a/', mount: '' }])
  },
)

t.test('a pool that is not started by itself answers 503, and starts when told to', async (test) => {
  const hosted = new Hosted([{ name: 'a', autoStart: false }])
  test.match(hosted.ask('a'), { error: 'POOL_DISABLED', response: { status: 503 } })
  test.equal(hosted.started.length, 0)
  hosted.pool('a').start()
  test.equal(hosted.ask('a').state, 'queue')
  test.equal(hosted.started.length, 1)
})

t.test('workers are numbered over all pools', async (test) => {
  const hosted = new Hosted([{ name: 'a' }, { name: 'b' }])
  hosted.ask('b')
  hosted.ask('a')
  test.same(
    hosted.started.map(({ id, pool }) => [id, pool]),
    [
      [1, 'b'],
      [2, 'a'],
    ],
  )
  test.equal(hosted.service.countWorkers(), 2)
})

t.test('an application whose pool does not exist stops the start', async (test) => {
  const sites = [
    {
      name: 's',
      bindings: [{ protocol: 'http', bindingInformation: '*:80:s' }],
      applications: [{ path: '/x', applicationPool: 'nowhere' }],
    },
  ]
  test.throws(() => new Hosted([{ name: 'a' }], { sites }), /\/x of site s: no pool "nowhere"/)
})

t.test('a site that is not started by itself is not registered', async (test) => {
  const sites = [
    {
      name: 's',
      serverAutoStart: false,
      bindings: [{ protocol: 'http', bindingInformation: '*:80:s' }],
      applications: [{ path: '/', applicationPool: 'a' }],
    },
  ]
  const hosted = new Hosted([{ name: 'a' }], { sites })
  test.equal(hosted.namespace.find('127.0.0.1', 80, 's', '/').application, null)
})
