/** The control service as a program on its socket meets it: resources, actions, conditions, failures. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { Ajv } from 'ajv'
import t, { type Test } from 'tap'
import { ConfigurationError } from '../../../core/errors.js'
import { controlRoutes } from '../../../hosts/admin/service.js'
import { turn } from '../../core/was/hosted.js'
import { Controlled } from './controlled.js'

const open = async (
  t: Test,
  pools: Parameters<typeof Controlled.open>[0] = [{ name: 'Api' }, { name: 'Shop' }],
  more: Parameters<typeof Controlled.open>[1] = {},
): Promise<Controlled> => {
  const controlled = await Controlled.open(pools, more)
  t.teardown(() => controlled.close())
  return controlled
}

/** A running worker of the pool, that has one request. */
const withWorker = async (controlled: Controlled, pool: string) => {
  const { hosted } = controlled
  const ctx = hosted.ask(pool.toLowerCase())
  const { worker } = hosted
  worker.ready()
  await turn()
  return { ctx, worker }
}

/** Resolves when the service has been asked so often that whatever was sent before has arrived. */
const arrived = async (controlled: Controlled): Promise<void> => {
  await controlled.get('/status')
}

t.test('every resource is as the description says', async (t) => {
  const controlled = await open(t)
  const { ctx } = await withWorker(controlled, 'Api')
  controlled.hosted.drive.start({ target: '/nobody', headers: ['Host', 'nobody'] })
  const waiting = controlled.hosted.ask('shop', '/shop/cart')
  controlled.underWay = [ctx, waiting]
  controlled.hosted.clock.advance(250)
  for (const route of controlRoutes(controlled.steered)) {
    if (route.method !== 'GET' || route.url === '/config/history') continue
    const { status, body } = await controlled.get(route.url.replace(':name', 'Api'))
    t.equal(status, 200, route.url)
    const validate = new Ajv({ strict: false }).compile(route.answer)
    t.ok(validate(body), `${route.url}: ${JSON.stringify(validate.errors)}`)
  }
  t.match((await controlled.get('/requests')).body, [
    { state: 'executing', stage: 'dispatch', app: 'Api/', apppool: 'Api', worker: 1 },
    { state: 'queued', stage: 'queue', app: 'Shop/shop', method: 'GET', url: '/shop/cart', age: 1_000_250 },
  ])
  t.match((await controlled.get('/requests?apppool=shop')).body, [{ app: 'Shop/shop' }])
  t.same((await controlled.get('/requests?elapsed=1000251')).body, [])
  t.match((await controlled.get('/wps?apppool=Api')).body, [
    { id: 1, apppool: 'Api', state: 'running', taken: 1, executing: 1, age: 250, pid: process.pid },
  ])
})

t.test('openapi.json describes each route, with its parameters and conditions', async (t) => {
  const controlled = await open(t)
  const { body } = await controlled.get('/openapi.json')
  const { openapi, paths } = body as { openapi: string; paths: Record<string, Record<string, unknown>> }
  t.equal(openapi, '3.1.0')
  for (const { method, url } of controlRoutes(controlled.steered)) {
    t.ok(paths[url.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()], `${method} ${url}`)
  }
  t.match(paths['/apppools/{name}/recycle']?.post, {
    parameters: [{ name: 'name', in: 'path' }, { name: 'wait', in: 'query' }, { name: 'If-Match' }],
    responses: { 412: {} },
  })
})

t.test('a recycle is answered when another worker serves', async (t) => {
  const controlled = await open(t)
  const { worker: old, ctx } = await withWorker(controlled, 'Api')
  let answered = false
  const reply = controlled.post('/apppools/api/recycle').then((reply) => {
    answered = true
    return reply
  })
  await arrived(controlled)
  const replacement = controlled.hosted.worker
  t.not(replacement, old)
  t.notOk(answered, 'not before the replacement is ready')
  replacement.ready()
  t.match(await reply, { status: 200, body: { replaced: [1], kept: [], workers: [{ id: 1 }, { id: 2 }] } })
  old.answer(ctx)
})

t.test('a recycle whose replacement does not come up says who stays and why', async (t) => {
  const controlled = await open(t)
  await withWorker(controlled, 'Api')
  const reply = controlled.post('/apppools/Api/recycle')
  await arrived(controlled)
  controlled.hosted.worker.end({ kind: 'crashed', error: new Error('no such module') })
  t.match(await reply, {
    status: 200,
    body: { replaced: [], kept: [{ worker: 1, reason: /no such module.*Worker 1 stays/ }] },
  })
})

t.test('where the old worker must end first, a recycle is answered when it has', async (t) => {
  const controlled = await open(t, [{ name: 'Api', recycling: { disallowOverlappingRotation: true } }])
  const { worker } = await withWorker(controlled, 'Api')
  const reply = controlled.post('/apppools/Api/recycle')
  await arrived(controlled)
  t.match(controlled.hosted.states, ['stopping'])
  worker.end({ kind: 'stopped' })
  t.match(await reply, { body: { replaced: [1], workers: [] } })
})

t.test('a client that does not wait is answered at once; one that goes away changes nothing', async (t) => {
  const controlled = await open(t)
  await withWorker(controlled, 'Api')
  const socket = connect(controlled.socket)
  socket.write('POST /apppools/Api/recycle HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await arrived(controlled)
  socket.destroy()
  await once(socket, 'close')
  const late = await controlled.post('/apppools/Api/recycle?wait=false')
  t.equal(late.status, 202)
  t.same(
    controlled.hosted.started.map(({ id }) => id),
    [1, 2],
    'the second is the same recycle',
  )
  controlled.hosted.worker.ready()
  t.match(controlled.hosted.states, ['stopping', 'running'])
})

t.test('a pool is stopped when its workers have ended, and told so in its history', async (t) => {
  const controlled = await open(t)
  const { worker } = await withWorker(controlled, 'Api')
  const reply = controlled.post('/apppools/Api/stop')
  await arrived(controlled)
  t.match(await controlled.get('/apppools/Api'), { body: { state: 'stopping' } })
  t.match(await controlled.post('/apppools/Api/start'), { status: 409, body: { message: /still stopping/ } })
  worker.end({ kind: 'stopped' })
  t.match(await reply, { status: 200, body: { state: 'stopped' } })
  t.match(await controlled.post('/apppools/Api/recycle'), { status: 409, body: { message: /is stopped/ } })
  t.match(await controlled.post('/apppools/Api/start'), { status: 200, body: { state: 'started' } })
  const { body } = await controlled.get('/apppools/Api/history')
  const { entries } = body as { entries: { worker: number; reason: string }[] }
  t.match(
    entries.filter(({ worker }) => worker === 0).map(({ reason }) => reason),
    [/was started\.$/, /was stopped by an administrator/, /was started by an administrator/],
  )
  t.match(
    controlled.hosted.events.map(({ text }) => text).filter((text) => / by /.test(text)),
    [/stopped by/, /started by/],
  )
})

t.test('a site that is stopped is nobody’s, is out of the cache, and comes back', async (t) => {
  const controlled = await open(t)
  const find = () => controlled.hosted.namespace.find('127.0.0.1', 80, 'api', '/').application
  t.ok(find())
  t.match(await controlled.post('/sites/api/stop'), { status: 200, body: { name: 'Api', state: 'stopped' } })
  t.equal(find(), null)
  t.equal(controlled.flushed, 1)
  t.match(await controlled.post('/sites/Api/stop'), { status: 200 }, 'twice is once')
  t.match(await controlled.post('/sites/Api/start'), { status: 200, body: { state: 'started' } })
  t.ok(find())
})

t.test('a write that saw an older version is refused, one that saw this one is not', async (t) => {
  const controlled = await open(t)
  const seen = (await controlled.get('/apppools/Api')).headers.etag ?? ''
  t.match(seen, /^"\w{16}"$/)
  t.match(await controlled.post('/apppools/Api/stop', { 'If-Match': seen }), { status: 200 })
  const late = await controlled.post('/apppools/Api/recycle', { 'If-Match': seen })
  t.match(late, { status: 412, body: { message: /has changed since you looked/ } })
  t.match(await controlled.post('/apppools/Api/start', { 'If-Match': '*' }), { status: 200 })
  const site = (await controlled.get('/sites/Api')).headers.etag ?? ''
  t.match(await controlled.post('/sites/Api/stop', { 'If-Match': `"other", ${site}` }), { status: 200 })
  t.match(await controlled.post('/sites/Api/start', { 'If-Match': site }), { status: 412 })
})

t.test('a wrong name is told with the nearest; what is no resource, with where to look', async (t) => {
  const controlled = await open(t)
  t.match(await controlled.post('/apppools/Shp/recycle'), {
    status: 404,
    body: { message: 'there is no application pool "Shp"; did you mean "Shop"?' },
  })
  t.match(await controlled.get('/nonsense'), { status: 404, body: { message: /openapi\.json/ } })
  t.match(await controlled.get('/requests?elapsed=soon'), { status: 400 })
})

t.test('the configuration in force shows no secrets', async (t) => {
  const controlled = await open(t, [{ name: 'Api', processModel: { password: 'secret' } }])
  const { body, headers } = await controlled.get('/config')
  t.notMatch(JSON.stringify(body), /secret/)
  t.ok(headers.etag)
})

t.test('a resource that fails is an event; the service goes on', async (t) => {
  let broken = true
  const controlled = await open(t, [{ name: 'Api' }], {
    modules: () => {
      if (broken) throw new Error('out of order')
      return []
    },
  })
  t.match(await controlled.get('/modules'), { status: 500, body: { message: 'out of order' } })
  t.match(controlled.events, [{ level: 'error', text: /the sites are not affected\. out of order/ }])
  broken = false
  t.match(await controlled.get('/modules'), { status: 200 })
})

t.test('a server without live configuration says so', async (t) => {
  const controlled = await open(t)
  t.match(await controlled.post('/config/reload'), { status: 501, body: { message: /at its start only/ } })
})

t.test('reload, history and rollback are passed on', async (t) => {
  const nothing = { changed: [], recycled: [], kept: [], needsRestart: [], takenBack: [] }
  let reloads = 0
  const controlled = await open(t, [{ name: 'Api' }], {
    live: {
      reload: () => {
        if (++reloads === 1) return Promise.resolve({ ...nothing, changed: ['pool "Api": queueLength'] })
        const problems = [{ pointer: '/sites/0', message: 'is bad', line: 3, column: 5 }]
        return Promise.reject(new ConfigurationError('/srv/applicationHost.json', problems))
      },
      versions: () => Promise.resolve([{ version: 7, at: 1, who: 'me', changes: [] }]),
      rollback: (version) => Promise.resolve({ ...nothing, recycled: [`to ${version ?? 'the last'}`] }),
    },
  })
  t.match(await controlled.post('/config/reload'), { body: { changed: ['pool "Api": queueLength'] } })
  t.match(await controlled.post('/config/reload'), {
    status: 422,
    body: { message: /nothing was changed/, problems: [{ pointer: '/sites/0', line: 3 }] },
  })
  t.match(await controlled.get('/config/history'), { body: [{ version: 7 }] })
  t.match(await controlled.post('/config/rollback?version=7'), { body: { recycled: ['to 7'] } })
  t.match(await controlled.post('/config/rollback'), { body: { recycled: ['to the last'] } })
  t.match(await controlled.post('/config/rollback?version=old'), { status: 400 })
  t.match(await controlled.post('/config/reload', { 'If-Match': '"other"' }), { status: 412 })
})
