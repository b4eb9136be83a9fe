/** A change of configuration as WAS puts it in force: what is replaced, what goes on, what is taken back. */
import t from 'tap'
import { build } from '../../../core/config/build.js'
import { diffConfigurations } from '../../../core/config/diff.js'
import { NamespaceConflictError } from '../../../core/namespace/namespace.js'
import type { Applied } from '../../../core/was/apply-changes.js'
import { ActivationService } from '../../../core/was/service.js'
import { makeConnection } from '../pipeline/drive.js'
import { Hosted, turn } from './hosted.js'

type Raw = Record<string, unknown>

const site = (name: string, pool: string, more: Raw = {}): Raw => ({
  name,
  bindings: [{ bindingInformation: `*:80:${name}` }],
  applications: [{ path: '/', module: 'app.js', applicationPool: pool }],
  ...more,
})

const built = (applicationPools: Raw[], sites: Raw[], more: object = {}) =>
  build({ applicationPools, sites, ...more }, '/srv/applicationHost.json')

const change = (hosted: Hosted, pools: Raw[], sites: Raw[], more: object = {}): Applied => {
  const after = built(pools, sites, more)
  return hosted.service.apply(after, diffConfigurations(hosted.service.config, after), ({ port }) => port)
}

const find = (hosted: Hosted, host: string, path = '/') =>
  hosted.namespace.find('127.0.0.1', 80, host, path).application

/** Pools a and b with a site each; a has a worker that is ready. */
const running = (pools: Raw[] = [{ name: 'a' }, { name: 'b' }]) => {
  const sites = [site('a', 'a'), site('b', 'b')]
  const hosted = new Hosted(pools as { name: string }[], { sites })
  hosted.ask('a')
  hosted.worker.ready()
  hosted.worker.answer(hosted.ask('a'))
  hosted.events.splice(0)
  return { hosted, sites, old: hosted.worker }
}

t.test('live keys are in force at once, and no worker is replaced', async (t) => {
  const { hosted, sites } = running()
  const { recycled, kept, settled } = change(
    hosted,
    [{ name: 'a', queueLength: 20, failure: { loadBalancerCapabilities: 'TcpLevel' } }, { name: 'b' }],
    sites,
    { webLimits: { demandStartThreshold: 11 } },
  )
  t.same([recycled, kept, await settled], [[], [], []])
  t.same([hosted.pool('a').queue.limit, hosted.pool('a').queue.resets], [20, true])
  t.equal(hosted.started.length, 1)
  t.same(hosted.ids, [])
})

t.test('other keys replace the workers of their pool, overlapped, with 5080 and the keys', async (t) => {
  const { hosted, sites, old } = running()
  const { recycled, settled } = change(hosted, [{ name: 'a', concurrentRequests: 7 }, { name: 'b' }], sites)
  t.same(recycled, ['a'])
  t.match(hosted.events, [{ id: 5080, facts: { keys: ['concurrentRequests'], worker: 1 } }])
  t.same(hosted.states, ['running', 'starting'])
  t.match(
    await hosted.worker.settings(),
    { applications: [{ name: 'a/' }] },
    'with what the old one had loaded',
  )
  hosted.worker.ready()
  t.same(hosted.states, ['stopping', 'running'])
  t.same(await settled, [])
  old.end({ kind: 'stopped' })
  t.equal(hosted.pool('a').config.concurrentRequests, 7)
})

t.test('a worker that starts meanwhile is replaced as soon as it is ready', async (t) => {
  const hosted = new Hosted([{ name: 'a' }], { sites: [site('a', 'a')] })
  const ctx = hosted.ask('a')
  let isSettled = false
  const { settled } = change(hosted, [{ name: 'a', concurrentRequests: 7 }], [site('a', 'a')])
  void settled.then(() => (isSettled = true))
  hosted.worker.ready()
  t.equal(ctx.state, 'dispatch', 'who waits for it is served')
  await turn()
  t.notOk(isSettled)
  t.equal(hosted.started.length, 2)
  hosted.worker.ready()
  t.same(hosted.states, ['stopping', 'running'])
  await settled
})

t.test('no worker comes up: the pool goes back, and so do its applications', async (t) => {
  const { hosted, old } = running()
  const changed = site('a', 'a', { applications: [{ path: '/', module: 'new.js', applicationPool: 'a' }] })
  const { settled } = change(
    hosted,
    [
      { name: 'a', concurrentRequests: 7 },
      { name: 'b', queueLength: 20 },
    ],
    [changed, site('b', 'b')],
  )
  const application = find(hosted, 'a')
  t.match(application?.config.module, /new\.js$/)
  hosted.worker.end({ kind: 'exited', exitCode: 7 })
  t.same(await settled, ['a'])
  t.match(application?.config.module, /app\.js$/)
  t.equal(find(hosted, 'a'), application, 'the same application')
  t.equal(hosted.pool('a').config.concurrentRequests, 256)
  t.same(
    hosted.service.config.applicationPools.map(({ concurrentRequests, queueLength }) => [
      concurrentRequests,
      queueLength,
    ]),
    [
      [256, 1000],
      [256, 20],
    ],
    'what is in force is neither file',
  )
  t.match(hosted.service.config.sites[0]?.applications[0]?.module, /app\.js$/)
  t.match(hosted.events.at(-1), { text: /taken back.*concurrentRequests, a\/: module/ })
  t.same(hosted.states, ['running'])
  const ctx = hosted.ask('a')
  old.answer(ctx)
  t.equal(ctx.response.status, 200)
  const again = change(
    hosted,
    [
      { name: 'a', concurrentRequests: 8 },
      { name: 'b', queueLength: 20 },
    ],
    [changed, site('b', 'b')],
  )
  t.same(again.recycled, ['a'], 'the next change tries again')
  hosted.worker.ready()
  t.same(await again.settled, [])
})

t.test('in a garden of which one does not come up, all go back', async (t) => {
  const garden = { name: 'a', processModel: { maxProcesses: 2 } }
  const { hosted, sites } = running([garden, { name: 'b' }])
  hosted.ask('a', '/', { connection: makeConnection() })
  hosted.worker.ready()
  t.same(hosted.states, ['running', 'running'])
  const { settled } = change(hosted, [{ ...garden, concurrentRequests: 7 }, { name: 'b' }], sites)
  const [, , third, fourth] = hosted.started
  third?.ready()
  fourth?.end({ kind: 'crashed', error: new Error('no') })
  t.same(await settled, ['a'])
  t.equal(hosted.started.length, 5, 'the one that had come up is replaced by one of the old configuration')
  hosted.worker.ready()
  t.equal(hosted.pool('a').config.concurrentRequests, 256)
  t.same(hosted.states, ['stopping', 'running', 'stopping', 'running'])
})

t.test('a garden that is to be smaller loses some', async (t) => {
  const garden = { name: 'a', processModel: { maxProcesses: 2 } }
  const { hosted, sites } = running([garden, { name: 'b' }])
  hosted.ask('a', '/', { connection: makeConnection() })
  hosted.worker.ready()
  change(hosted, [{ name: 'a' }, { name: 'b' }], sites)
  t.same(hosted.states, ['running', 'stopping', 'starting'])
})

t.test(
  'disallowRotationOnConfigChange keeps running workers, and the next one is of the new configuration',
  async (t) => {
    const recycling = { disallowRotationOnConfigChange: true }
    const { hosted, sites, old } = running([{ name: 'a', recycling }, { name: 'b' }])
    const pools = [{ name: 'a', recycling, processModel: { startupTimeLimit: '7s' } }, { name: 'b' }]
    const { recycled, kept } = change(hosted, pools, sites)
    t.same([recycled, kept], [[], ['a']])
    t.equal(hosted.started.length, 1)
    old.end({ kind: 'crashed', error: new Error('gone') })
    hosted.ask('a')
    t.match(await hosted.worker.settings(), { startupTimeLimit: 7000 })
  },
)

t.test('pools and sites come and go', async (t) => {
  const { hosted, old } = running()
  const before = find(hosted, 'b')
  change(hosted, [{ name: 'b' }, { name: 'c' }], [site('b', 'b'), site('c', 'c')])
  t.equal(find(hosted, 'a'), null)
  t.equal(find(hosted, 'b'), before, 'who stays is who it was')
  t.equal(hosted.ask('c').state, 'queue')
  t.equal(hosted.service.pools.has('a'), false)
  t.equal(hosted.service.countWorkers(), 2, 'the one that leaves counts until it has gone')
  old.end({ kind: 'stopped' })
  t.equal(hosted.service.countWorkers(), 1)
  change(hosted, [{ name: 'a' }, { name: 'b' }], [site('a', 'a'), site('b', 'b')])
  t.equal(hosted.ask('a').state, 'queue', 'under its old name it is a new one')
})

t.test('an application moves with those that wait, and not with those that were taken', async (t) => {
  const pools = [{ name: 'a', concurrentRequests: 1 }, { name: 'b' }]
  const hosted = new Hosted(pools, { sites: [site('a', 'a')] })
  const taken = hosted.ask('a')
  const waiting = hosted.ask('a')
  const former = hosted.worker
  former.ready()
  t.same([taken.state, waiting.state], ['dispatch', 'queue'])
  const { recycled } = change(hosted, pools, [site('a', 'b')])
  t.same(recycled, ['a'], 'its old pool is rid of it')
  t.equal(waiting.queue, hosted.pool('b').queue)
  const later = hosted.ask('a')
  const next = hosted.started.find(({ pool }) => pool === 'b')
  next?.ready()
  next?.answer(waiting)
  next?.answer(later)
  former.answer(taken)
  t.same(
    [taken, waiting, later].map(({ response }) => response.status),
    [200, 200, 200],
  )
  const replacement = hosted.started.find(({ pool, id }) => pool === 'a' && id !== former.id)
  t.match(await replacement?.settings(), { applications: [] }, 'which does not load it again')
})

t.test('a removed pool passes on who waits for an application that has moved', async (t) => {
  const hosted = new Hosted([{ name: 'a' }, { name: 'b' }], { sites: [site('a', 'a')] })
  const waiting = hosted.ask('a')
  change(hosted, [{ name: 'b' }], [site('a', 'b')])
  hosted.started.find(({ pool }) => pool === 'b')?.ready()
  t.equal(waiting.state, 'dispatch')
})

t.test('bindings and applications of a site; a binding may go to another site', async (t) => {
  const { hosted } = running()
  const more = [
    { path: '/', module: 'app.js', applicationPool: 'a' },
    { path: '/shop', module: 'shop.js', applicationPool: 'b' },
  ]
  const bindings = (...names: string[]) => names.map((name) => ({ bindingInformation: `*:80:${name}` }))
  const pools = [{ name: 'a' }, { name: 'b' }]
  const root = find(hosted, 'a')
  change(hosted, pools, [site('a', 'a', { applications: more }), site('b', 'b')])
  t.equal(find(hosted, 'a', '/shop')?.path, '/shop')
  t.equal(find(hosted, 'a'), root)
  change(hosted, pools, [
    site('a', 'a', { bindings: bindings('b') }),
    site('b', 'b', { bindings: bindings('a', 'c') }),
  ])
  t.same(
    ['a', 'b', 'c'].map((host) => find(hosted, host)?.site.name),
    ['b', 'a', 'b'],
  )
  t.equal(find(hosted, 'b', '/shop'), root, 'the application at /shop has gone')
})

t.test(
  'a site is started and stopped by serverAutoStart, and a change leaves one stopped that was by hand',
  async (t) => {
    const { hosted } = running()
    const pools = [{ name: 'a' }, { name: 'b' }]
    const isHere = () => ['a', 'b'].map((host) => find(hosted, host) !== null)
    change(hosted, pools, [site('a', 'a', { serverAutoStart: false }), site('b', 'b')])
    t.same(isHere(), [false, true])
    hosted.service.stopSite('b')
    change(hosted, pools, [site('a', 'a'), site('b', 'b', { limits: { maxUrlSegments: 3 } })])
    t.same(isHere(), [true, false])
    const bindings = [{ bindingInformation: '*:80:b' }, { bindingInformation: '*:80:c' }]
    change(hosted, pools, [site('a', 'a'), site('b', 'b', { bindings })])
    t.same(isHere(), [true, false])
  },
)

t.test('two sites that want one place are found before anything is changed', async (t) => {
  const sites = ['*', '0.0.0.0'].map((address, at) =>
    site(`s${at}`, 'a', { bindings: [{ bindingInformation: `${address}:80:` }] }),
  )
  t.throws(() => {
    ActivationService.rehearse(built([{ name: 'a' }], sites))
  }, NamespaceConflictError)
})
