/** Limits and time limits of connections, from outside: what the client sees, what the HTTP error log says. */
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { errorLine } from '../harness/error-line.js'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer, type TestServer } from '../harness/server.js'

const APP = `
export default (request, response) => {
  if (request.url === '/wait') return setTimeout(() => response.end('waited'), 2500)
  if (request.url === '/big') return response.end(Buffer.alloc(8 * 1024 * 1024))
  if (request.url === '/never') return console.log('asked')
  request.resume().on('end', () => response.end('done'))
}`

const start = async (t: Test, limits: object, more: Record<string, unknown> = {}): Promise<TestServer> => {
  const { sites, ...rest } = oneSite([{ path: '/', module: './app.mjs' }], more) as { sites: object[] }
  const server = await startServer(
    { sites: sites.map((site) => ({ ...site, limits })), ...rest },
    { 'app.mjs': APP },
  )
  t.teardown(() => server.stop())
  return server
}

t.test('a site with maxConnections', async (t) => {
  const server = await start(t, { maxConnections: 2 })
  const first = await rawClient(server.port)
  const second = await rawClient(server.port)
  for (const client of [first, second]) {
    client.send(get('/'))
    await client.until(/done/)
  }
  const third = await rawClient(server.port)
  third.send(get('/more'))
  const { text } = await third.ended()
  t.match(text, /^HTTP\/1\.1 403 Forbidden\r\n/)
  t.match(text, /Access Forbidden: Too many users are connected/)
  t.match(text, /Connection: close/)
  t.match(await errorLine(server, /ConnLimit/), / HTTP\/1\.1 GET \/more 403 1 ConnLimit /)
  first.send(get('/'))
  await first.until(/done[^]*done/)
  second.socket.destroy()
  for (;;) {
    const next = await rawClient(server.port)
    next.send(get('/'))
    const answer = await next.until(/done|403/)
    if (answer.includes('done')) {
      next.socket.destroy()
      return
    }
    next.socket.destroy()
  }
})

t.test('time limits', async (t) => {
  const server = await start(
    t,
    { connectionTimeout: '1s' },
    { webLimits: { connectionTimeout: '1s', headerWaitTimeout: '1s' } },
  )
  t.jobs = 5

  t.test('a connection that never says a word is closed', async (t) => {
    const client = await rawClient(server.port)
    t.same(await client.ended(), { how: 'closed', text: '' })
    t.match(await errorLine(server, /Timer_ConnectionIdle/), / - - - - - Timer_ConnectionIdle -$/)
  })

  t.test('so is one that is idle after a request', async (t) => {
    const client = await rawClient(server.port)
    client.send(get('/'))
    t.match((await client.ended()).text, /done/)
  })

  t.test('a head that comes byte by byte, and does not end', async (t) => {
    const client = await rawClient(server.port)
    const head = get('/slow-head', { 'X-Long': 'x'.repeat(200) })
    let at = 0
    const timer = setInterval(() => {
      client.send(head[at++] ?? '')
    }, 100)
    const { text } = await client.ended()
    clearInterval(timer)
    t.equal(text, '', 'closed without an answer')
    t.ok(at < 40, `after ${at} bytes`)
    t.match(await errorLine(server, /Timer_HeaderWait/), / - Timer_HeaderWait -$/)
  })

  t.test('a body that stops; each packet begins the time anew', async (t) => {
    const client = await rawClient(server.port)
    const began = Date.now()
    client.send('POST /slow-body HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n')
    for (let i = 0; i < 6; i++) {
      await delay(300)
      client.send('x')
    }
    t.equal((await client.ended()).text, '')
    t.ok(Date.now() - began > 2500)
    t.match(await errorLine(server, /Timer_EntityBody/), / POST \/slow-body - 1 Timer_EntityBody /)
  })

  t.test('an application that takes longer is no fault of its client', async (t) => {
    const client = await rawClient(server.port)
    client.send(get('/wait'))
    t.match(await client.until(/waited/), /200 OK/)
    client.socket.destroy()
  })
})

t.test('a client that does not read its response is cut', async (t) => {
  const server = await start(t, {}, { webLimits: { minBytesPerSecond: 1_000_000 } })
  const client = await rawClient(server.port)
  client.socket.pause()
  client.send(get('/big'))
  t.match(await errorLine(server, /Timer_MinBytesPerSecond/), / GET \/big [-2]/)
  const whole = await (await fetch(`${server.url}/big`)).arrayBuffer()
  t.equal(whole.byteLength, 8 * 1024 * 1024, 'who reads is not disturbed')
})

t.test('a request waits for a worker no longer than queueTimeout', async (t) => {
  const server = await start(
    t,
    {},
    { applicationPools: [{ name: 'DefaultAppPool', concurrentRequests: 1, queueTimeout: '1s' }] },
  )
  const busy = await rawClient(server.port)
  busy.send(get('/never'))
  await server.printed(/asked/)
  const waiting = await rawClient(server.port)
  waiting.send(get('/'))
  t.match((await waiting.ended()).text, /^HTTP\/1\.1 503 [^]*Retry-After/)
  t.match(await errorLine(server, /AppPoolTimer/), / GET \/ 503 1 AppPoolTimer DefaultAppPool/)
  busy.socket.destroy()
})
