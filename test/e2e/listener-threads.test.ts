/** Several listeners on the same sockets: whatever connection a client has, it is served as by one. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { becomes, openSockets, socketsOf } from '../harness/descriptors.js'
import { Live } from '../harness/live.js'
import {
  answersTo,
  Clients,
  clientsAt,
  clientsAtBoth,
  listenersOf,
  listensAt,
} from '../harness/listener-processes.js'
import { get, rawClient } from '../harness/raw-client.js'
import { startServer } from '../harness/server.js'
import { endAndReadLog } from '../harness/site-log.js'

const APP = `
import { createServer } from 'node:http'
let stored = 'first'
let asked = 0
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://x')
  if (request.method === 'PUT') {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => { stored = body; response.writeHead(204).end() })
    return
  }
  if (request.method === 'POST') return void request.pipe(response)
  if (pathname === '/stored') {
    asked++
    return void response.writeHead(200, { 'Cache-Control': 'max-age=600', 'Content-Length': stored.length }).end(stored)
  }
  if (pathname === '/unseen') {
    stored = 'unseen'
    return void response.end()
  }
  if (pathname === '/asked') return void response.end(String(asked))
  if (pathname === '/endless') {
    response.write('begun')
    response.on('close', () => console.log('endless closed'))
    return
  }
  if (pathname === '/slow') return void setTimeout(() => response.end('slow'), 200)
  if (pathname === '/large') return void response.end(Buffer.alloc(1048576, 'l'))
  response.end('plain')
})
server.on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: raw\\r\\n\\r\\n')
  socket.on('data', (data) => socket.write(data))
  socket.on('end', () => socket.end('bye'))
})
server.listen(process.env.PORT)`

const CLIENTS = 48

const config = {
  webLimits: { listenerThreads: 2 },
  sites: [
    {
      name: 'Test',
      bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
      applications: [
        { path: '/', module: './app.mjs' },
        { path: '/other', module: './other.mjs' },
      ],
    },
  ],
  applicationPools: [{ name: 'DefaultAppPool' }],
}

const server = await startServer(config, { 'app.mjs': APP, 'other.mjs': APP })
const live = new Live(server, structuredClone(config))
const clients = new Clients(server.port, CLIENTS)
t.teardown(() => {
  clients.end()
})

/** Whether both have clients; the system deals them out as it likes. */
const bothAreReached = (): boolean => {
  const [listener = 0] = listenersOf(server)
  return openSockets(listener).length > 10 && socketsOf(server) > 15
}

t.test('both listeners get clients, and both answer misses and hits', async (t) => {
  t.equal(listenersOf(server).length, 1)
  for (let tries = 0; tries < 20; tries++) {
    const answers = await clients.askAll('/plain')
    t.equal(answers.filter((body) => String(body) === 'plain').length, CLIENTS)
    if (bothAreReached()) break
    clients.end()
  }
  t.ok(bothAreReached())
  for (let round = 0; round < 3; round++) {
    const answers = await clients.askAll('/stored')
    t.equal(answers.filter((body) => String(body) === 'first').length, CLIENTS)
  }
  const asked = await clients.ask({ path: '/asked' })
  t.ok(Number(String(asked.body)) <= CLIENTS, 'the first round at most has gone to the application')
  await clients.askAll('/stored')
  t.same((await clients.ask({ path: '/asked' })).body, asked.body, 'both have it in their caches')
})

t.test('what one client changes, no other is shown any more', async (t) => {
  for (const text of ['second', 'third']) {
    const changed = await clients.ask({ path: '/stored', method: 'PUT' }, Buffer.from(text))
    t.equal(changed.status, 204)
    const answers = await clients.askAll('/stored')
    t.same([...new Set(answers.map(String))], [text])
  }
})

t.test('the cache of all listeners is flushed', async (t) => {
  await clients.ask({ path: '/unseen' })
  t.same([...new Set((await clients.askAll('/stored')).map(String))], ['third'])
  const { code } = await webgarden(server.folder, 'flush cache')
  t.equal(code, 0)
  t.same([...new Set((await clients.askAll('/stored')).map(String))], ['unseen'])
  await clients.ask({ path: '/stored', method: 'PUT' }, Buffer.from('third'))
})

t.test('bodies travel up and down through both', async (t) => {
  const body = randomBytes(700_000)
  for (const answer of await clients.askAll('/echo', 'POST', body)) t.ok(answer.equals(body))
  for (const answer of await clients.askAll('/large')) t.equal(answer.length, 1_048_576)
})

t.test('the application sees of each client that it goes away', async (t) => {
  const held = await Promise.all(Array.from({ length: CLIENTS }, () => rawClient(server.port)))
  for (const one of held) one.send(get('/endless'))
  await Promise.all(held.map((one) => one.until(/begun/)))
  const { stdout } = await webgarden(server.folder, 'list requests')
  t.equal(stdout.match(/endless/g)?.length, CLIENTS, 'all are listed')
  for (const one of held) one.socket.destroy()
  await server.printed(/endless closed/, CLIENTS)
})

t.test('a connection may become a tunnel, and its halves end by themselves', async (t) => {
  const ends = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = await rawClient(server.port)
      client.send(get('/', { Connection: 'Upgrade', Upgrade: 'raw' }))
      await client.until(/101 Switching/)
      client.send('hello')
      await client.until(/hello$/)
      client.socket.end()
      const { how, text } = await client.ended()
      return `${how} ${text.slice(-8)}`
    }),
  )
  t.same([...new Set(ends)], ['closed hellobye'])
})

t.test('a body that breaks off in its form is answered by 400', async (t) => {
  const answers = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = await rawClient(server.port)
      client.send('PUT /broken HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
      client.send('not a length\r\n')
      return (await client.ended()).text.slice(0, 12)
    }),
  )
  t.same([...new Set(answers)], ['HTTP/1.1 400'])
})

t.test('all connections count, and requests that no listener understands are refused', async (t) => {
  const held = await Promise.all(Array.from({ length: 20 }, () => rawClient(server.port)))
  const status = (): Promise<{ stdout: string }> => webgarden(server.folder, 'status')
  let seen = 0
  for (let tries = 0; seen < CLIENTS && tries < 10; tries++)
    seen = Number(/(\d+) connections?/.exec((await status()).stdout)?.[1])
  t.ok(seen >= 20, `${seen} connections`)
  for (const one of held) one.send('GET / HTTP/1.1\r\n\r\n')
  for (const one of held) t.match((await one.ended()).text, /^HTTP\/1.1 400/)
})

t.test('a change of the configuration reaches both', async (t) => {
  const asked = async (): Promise<number> =>
    Number(String((await clients.ask({ path: '/other/asked' })).body))
  await clients.askAll('/other/stored')
  await live.change(({ sites: [site] }) => {
    const [, other] = site?.applications as object[]
    Object.assign(other ?? {}, { caching: { enabled: false } })
    ;(site?.bindings as object[]).push({ protocol: 'http', bindingInformation: '127.0.0.1:0:also' })
  })
  const before = await asked()
  await clients.askAll('/other/stored')
  await clients.askAll('/other/stored')
  t.equal((await asked()) - before, 2 * CLIENTS, 'nothing is cached any more')

  const { stdout } = await webgarden(server.folder, ['list', 'sites', '--json'])
  const [, port] = /"127\.0\.0\.1:0:also",\s+"port": (\d+)/.exec(stdout) ?? []
  const [listener = 0] = listenersOf(server)
  const sockets = openSockets(listener).length
  const more = new Clients(Number(port), 2 * CLIENTS)
  const answers = await more.askAll('/plain', 'GET', undefined, { Host: 'also' })
  t.same([...new Set(answers.map(String))], ['plain'])
  t.ok(openSockets(listener).length > sockets, 'both listen on the new port')
  more.end()
})

t.test('a listener that ends is replaced, and those of the others notice nothing', async () => {
  const [pid = 0] = listenersOf(server)
  const { own, beside, all } = await clientsAtBoth(server, 8)
  await answersTo(all, get('/plain'), /plain/)
  process.kill(pid, 'SIGKILL')
  await server.printed(
    /Listener process 2 ended by signal SIGKILL; its clients were cut off, and another one/,
  )
  await Promise.all(beside.map((one) => one.ended()))
  await answersTo(own, get('/stored'), /third$/)
  // It gets the socket once it is ready: until then, the server must not be stopped for the sake of these clients.
  await becomes(() => listenersOf(server).some((one) => one !== pid && listensAt(one, server.port)))
  const [next = 0] = listenersOf(server)
  const served = await clientsAt(server, next, 8)
  await answersTo(served, get('/stored'), /third$/)
  for (const one of [...own, ...served]) one.socket.destroy()
  clients.end()
})

t.test('a stop under load loses nothing, and the log has each request once', async (t) => {
  const counted: number[] = []
  const cut: string[] = []
  let sent = 0
  const one = async (): Promise<void> => {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => undefined)
    await Promise.race([once(socket, 'connect'), once(socket, 'close')])
    while (!socket.destroyed) {
      const n = sent++
      const path = n % 3 === 0 ? '/slow' : n % 3 === 1 ? '/stored' : '/plain'
      socket.write(get(`${path}?load=${n}`))
      const { whole, text } = await nextAnswer(socket)
      if (whole) counted.push(n)
      else if (text !== '') cut.push(text)
      if (!whole) break
    }
    socket.destroy()
  }
  const all = Promise.all(Array.from({ length: 32 }, one))
  await becomes(() => counted.length > 300)
  const log = await endAndReadLog(server)
  await all
  const lines = [...log.matchAll(/ load=(\d+) /g)].map((match) => Number(match[1]))
  const times = new Map<number, number>()
  for (const line of lines) times.set(line, (times.get(line) ?? 0) + 1)
  t.same(
    counted.filter((n) => times.get(n) !== 1),
    [],
    'each answered request is logged once',
  )
  t.same(
    [...times].filter(([n, count]) => count !== 1 || !counted.includes(n)),
    [],
    'and nothing is logged that was not answered',
  )
  t.same(cut, [])
  t.equal(log.match(/ PUT \/broken .* 400 0 0 /g)?.length, CLIENTS)
  t.equal(log.match(/ GET \/endless .* 200 0 64 /g)?.length, CLIENTS)
  t.equal(log.match(/ 101 0 0 /g)?.length, CLIENTS)
})

/** Resolves with what has come: a whole answer, or what there was of it when the connection ended. */
const nextAnswer = (socket: Socket): Promise<{ whole: boolean; text: string }> =>
  new Promise((resolve) => {
    let text = ''
    const look = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      if (!/\r\n\r\n(slow|third|plain|4\r\nslow\r\n0\r\n\r\n|5\r\nplain\r\n0\r\n\r\n)$/.test(text)) return
      settle(true)
    }
    const closed = (): void => {
      settle(false)
    }
    const settle = (whole: boolean): void => {
      socket.off('data', look)
      socket.off('close', closed)
      resolve({ whole, text })
    }
    socket.on('data', look)
    socket.once('close', closed)
  })

t.test('a stage that is not of webgarden sees every request, and so does a log module', async (t) => {
  const gated = await startServer(
    {
      ...config,
      modules: [
        { name: 'gate', module: './gate.mjs' },
        { name: 'note', module: './note.mjs' },
      ],
      pipeline: { validate: ['validate', 'gate'], log: ['log', 'note'] },
    },
    {
      'app.mjs': APP,
      'other.mjs': APP,
      'gate.mjs': `import { defineStage } from 'webgarden'
        let seen = 0
        export default defineStage({ name: 'gate', slot: 'validate', setup: () => ({ run(ctx) {
          seen++
          if (ctx.path !== '/seen') return 'CONTINUE'
          ctx.respond(200, [], String(seen))
          return 'FINISH'
        } }) })`,
      'note.mjs': `import { defineStage } from 'webgarden'
        export default defineStage({ name: 'note', slot: 'log', setup: () => ({ run(ctx) {
          console.log('noted ' + ctx.target + ' ' + ctx.response.status + ' ' + ctx.site?.name)
          return 'CONTINUE'
        } }) })`,
    },
  )
  t.teardown(() => gated.stop())
  const many = new Clients(gated.port, CLIENTS)
  for (let round = 0; round < 3; round++) await many.askAll('/stored')
  t.equal(String((await many.ask({ path: '/seen' })).body), String(3 * CLIENTS + 1))
  many.end()
  await gated.printed(/noted \/stored 200 Test/, 3 * CLIENTS)
  await gated.printed(/noted \/seen 200 undefined/)
})
