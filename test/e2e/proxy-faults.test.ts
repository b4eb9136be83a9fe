/** What the faults of servers behind a proxy cost: which requests, and what other clients see meanwhile. */
import type { RequestListener, ServerResponse } from 'node:http'
import t from 'tap'
import { startBackend } from '../harness/backend.js'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'

t.setTimeout(30_000)

/** Answers that the test ends by itself. */
const held: ServerResponse[] = []

const behave: RequestListener = (request, response) => {
  const path = (request.url ?? '').replace(/\?.*/, '')
  if (path === '/reset') request.resume().on('end', () => request.socket.destroy())
  else if (path === '/never') held.push(response)
  else if (path === '/stall') response.write('first')
  else if (path === '/midway') response.write('first', () => response.destroy())
  else if (path === '/short') {
    response.writeHead(200, { 'Content-Length': '100' })
    response.write('first', () => response.destroy())
  } else if (path === '/hold') {
    held.push(response)
    response.write('begun ')
  } else if (path === '/unchanged') response.writeHead(304, { ETag: '"a"', 'Content-Length': '1234' }).end()
  else if (path === '/hops')
    response
      .writeHead(200, {
        Connection: 'close, X-Back',
        'Keep-Alive': 'timeout=7',
        'X-Back': '1',
        'Proxy-Connection': 'close',
        Upgrade: 'h2c',
        'X-End': '2',
      })
      .end('done')
  else request.resume().on('end', () => response.end('done'))
}

t.test('servers behind a proxy fail', async (t) => {
  const [a, b, c, other] = await Promise.all([1, 2, 3, 4].map(() => startBackend(t, behave)))
  if (!a || !b || !c || !other) throw new Error('unreachable')
  const proxy = (path: string, options: object): Record<string, unknown> => ({ path, type: 'proxy', options })
  const three = { servers: [a.url, b.url, c.url], maxFailures: 1000 }
  const healthCheck = { path: '/health', interval: 50, failures: 1, successes: 1 }
  const server = await startServer(
    oneSite([
      proxy('/', { servers: [other.url], maxFailures: 1000 }),
      proxy('/three', three),
      proxy('/never-again', { ...three, retries: 0 }),
      proxy('/two', { servers: [a.url, b.url], maxFailures: 2, failTimeout: 300 }),
      proxy('/watched', { servers: [a.url, b.url], maxFailures: 1000, retries: 0, healthCheck }),
      proxy('/slow', { servers: [other.url], requestTimeout: 200, maxFailures: 1000 }),
      proxy('/slow-two', { servers: [a.url, b.url], requestTimeout: 200, maxFailures: 1000 }),
    ]),
  )
  t.teardown(() => server.stop())
  const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
    const response = await fetch(server.url + path, init)
    const text = await response.text()
    return response.status === 200 ? text : String(response.status)
  }
  const all = [a, b, c]
  /** The requests of this path that the three have seen. */
  const seen = (path: string): number =>
    all.reduce((sum, one) => sum + one.seen.filter((line) => line.endsWith(` ${path}`)).length, 0)
  /** They look all the time, at another server and at the same ones. */
  const stop = new AbortController()
  const watched: string[] = []
  const watch = (async () => {
    while (!stop.signal.aborted) {
      watched.push(await ask('/'))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()

  await t.test('a GET is sent to one other server, and to no third', async (t) => {
    t.equal(await ask('/three/reset?get'), '502')
    t.equal(seen('/reset?get'), 2)
    t.equal(await ask('/three/reset?head', { method: 'HEAD' }), '502')
    t.equal(seen('/reset?head'), 2)
    t.equal(await ask('/never-again/reset?once'), '502')
    t.equal(seen('/reset?once'), 1, 'none where retries are none')
  })

  await t.test('no request that may have had an effect is sent twice', async (t) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      t.equal(await ask(`/three/reset?${method}`, { method }), '502')
      t.equal(seen(`/reset?${method}`), 1, method)
    }
    t.equal(await ask('/three/reset?body', { method: 'POST', body: 'x'.repeat(100_000) }), '502')
    t.equal(seen('/reset?body'), 1)
    const client = await rawClient(server.port)
    client.send(get('/three/reset?got', { 'Content-Length': '3' }) + 'abc')
    await client.until(/ 502 /)
    t.equal(seen('/reset?got'), 1, 'a GET with a body neither')
    client.socket.destroy()
  })

  await t.test('one that breaks off midway breaks that answer off, and no other', async (t) => {
    const others = await rawClient(server.port)
    others.send(get('/hold'))
    await others.until(/begun/)
    const before = seen('/midway') + seen('/short')
    for (const path of ['/midway', '/short']) {
      const client = await rawClient(server.port)
      client.send(get(`/three${path}`))
      const { text } = await client.ended()
      t.match(text, /^HTTP\/1\.1 200 /)
      t.match(text, /first/)
      t.notMatch(text, /\r\n0\r\n/, 'the half does not look like a whole')
    }
    t.equal(seen('/midway') + seen('/short') - before, 2, 'what has begun is not asked for again')
    held.pop()?.end('and done')
    t.match(await others.until(/0\r\n\r\n$/), /and done/, 'the connection of another client goes on')
    others.socket.destroy()
  })

  await t.test('one that is slow costs its requests a 504, and holds nobody up', async (t) => {
    const slow = Promise.all([
      ask('/slow/never'),
      ask('/slow/never', { method: 'POST' }),
      ask('/slow-two/never?twice'),
    ])
    const stalled = t.rejects(ask('/slow/stall'), 'one that stops within its answer breaks it off')
    t.equal(await ask('/slow/'), 'done')
    t.same(await slow, ['504', '504', '504'])
    await stalled
    t.equal(seen('/never?twice'), 2, 'a GET has one more try')
  })

  await t.test('hop-by-hop fields end here, in both directions', async (t) => {
    const client = await rawClient(server.port)
    const hops = {
      Connection: 'X-Hop, keep-alive',
      'Keep-Alive': 'timeout=5',
      'Proxy-Connection': 'keep-alive',
    }
    client.send(get('/hops', { ...hops, 'X-Hop': '1', TE: 'trailers', 'X-End': '2' }))
    const text = await client.until(/done/)
    const fields = other.last()?.headers ?? {}
    if (other.last()?.url === '/hops') {
      for (const name of ['x-hop', 'keep-alive', 'proxy-connection', 'te'])
        t.equal(fields[name], undefined, name)
      t.equal(fields['x-end'], '2')
    }
    t.notMatch(text, /x-back|timeout=7|proxy-connection|h2c/i)
    t.match(text, /x-end: 2/i)
    client.send(get('/again'))
    await client.until(/done[^]*done/)
    t.pass("the server behind closes its connection; the client's goes on")
    client.socket.destroy()
  })

  await t.test('a 304 may tell the length that it does not have', async (t) => {
    const client = await rawClient(server.port)
    for (let asked = 1; asked <= 3; asked++) {
      client.forget()
      client.send(get('/unchanged', { 'If-None-Match': '"a"' }))
      t.match(await client.until(/\r\n\r\n$/), /^HTTP\/1\.1 304 [^]*etag: "a"[^]*content-length: 1234/i)
    }
    client.socket.destroy()
  })

  await t.test('one of two dies: GETs do not notice, POSTs do until it is put aside', async (t) => {
    for (let i = 0; i < 4; i++) t.equal(await ask('/two/'), 'done')
    await a.die()
    const answers: string[] = []
    for (let i = 0; i < 6; i++) answers.push(await ask('/two/', { method: 'POST' }), await ask('/two/'))
    const failed = answers.filter((answer) => answer !== 'done')
    t.ok(failed.length <= 2, `${failed.length} of the POSTs have failed`)
    t.same(
      answers.filter((_answer, i) => i % 2 === 1),
      Array.from({ length: 6 }, () => 'done'),
    )
    t.match(server.output(), new RegExp(`${a.url} is put aside for 300 ms: it failed 2 times`))
    await a.comeBack()
    const before = a.seen.length
    while (a.seen.length === before)
      if ((await ask('/two/', { method: 'POST' })) !== 'done') t.fail('it is asked too soon')
    t.pass('it is asked again when its time is over')
  })

  await t.test('all die and come back: the first request after that is answered', async (t) => {
    await Promise.all([a.die(), b.die()])
    for (let i = 0; i < 6; i++) t.equal(await ask('/two/'), '502')
    await Promise.all([a.comeBack(), b.comeBack()])
    for (let i = 0; i < 4; i++)
      t.equal(await ask('/two/', { method: 'POST' }), 'done', 'although they are put aside')
  })

  await t.test('health checks find out before a request does', async (t) => {
    while (!a.seen.includes('GET /health') || !b.seen.includes('GET /health')) await ask('/watched/')
    const said = (text: string): number => server.output().split(`${a.url} ${text}`).length - 1
    const [down, up] = [said('does not answer /health'), said('is well again')]
    await a.die()
    await server.printed(new RegExp(`${a.url} does not answer /health`), down + 1)
    for (let i = 0; i < 6; i++) t.equal(await ask('/watched/', { method: 'POST' }), 'done')
    await a.comeBack()
    await server.printed(new RegExp(`${a.url} is well again`), up + 1)
    const before = a.seen.filter((line) => line === 'POST /').length
    for (let i = 0; i < 4; i++) t.equal(await ask('/watched/', { method: 'POST' }), 'done')
    t.ok(a.seen.filter((line) => line === 'POST /').length > before, 'it has its share again')
  })

  stop.abort()
  await watch
  t.ok(watched.length > 20)
  t.same([...new Set(watched)], ['done'], 'clients of another server have seen nothing of all this')
})
