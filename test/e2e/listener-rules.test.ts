/** What one listener is held to, several are: filters, flushes, recycles, time limits, the PROXY protocol, the log. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { becomes } from '../harness/descriptors.js'
import { errorLine } from '../harness/error-line.js'
import { answersTo, clientsAt, clientsAtBoth, listenersOf } from '../harness/listener-processes.js'
import { Live } from '../harness/live.js'
import { get, rawClient } from '../harness/raw-client.js'
import { startServer } from '../harness/server.js'

const APP = `
let version = 'one'
export default (request, response) => {
  const { pathname } = new URL(request.url, 'http://x')
  if (pathname === '/set') {
    version = request.url.slice(5)
    return response.end('set.')
  }
  if (pathname.startsWith('/kept')) {
    response.setHeader('Cache-Control', 'max-age=600')
    response.setHeader('Cache-Tag', pathname.slice(6) + ', all')
    return response.end(pathname + ' is ' + version + '.')
  }
  if (request.method === 'POST') {
    let bytes = 0
    request.on('data', (chunk) => (bytes += chunk.length))
    request.on('end', () => response.end(bytes + ' bytes.'))
    request.on('error', () => undefined)
    return
  }
  response.end('from ' + request.socket.remoteAddress + ':' + request.socket.remotePort + '.')
}`

const RECYCLED = `
export default (request, response) => {
  response.setHeader('Cache-Control', 'max-age=600')
  response.end('by ' + process.pid + '.')
}`

/** At each listener. */
const CLIENTS = 4

const config = {
  webLimits: { listenerThreads: 2, connectionTimeout: '00:01:00' },
  caching: { cacheStatus: 'garden' },
  applicationPools: [
    { name: 'DefaultAppPool', isolation: 'thread' },
    { name: 'Recycled', isolation: 'process' },
    { name: 'Timed', isolation: 'thread' },
  ],
  sites: [
    {
      name: 'Test',
      bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
      applications: [
        {
          path: '/',
          module: './app.mjs',
          requestFiltering: {
            requestLimits: {
              maxAllowedContentLength: 1000,
              headerLimits: [{ header: 'X-Long', sizeLimit: 10 }],
            },
          },
        },
        {
          path: '/recycled',
          module: './recycled.mjs',
          applicationPool: 'Recycled',
          caching: { flushOnRecycle: true },
        },
      ],
    },
    {
      name: 'Timed',
      bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:timed' }],
      limits: { connectionTimeout: '00:00:01' },
      applications: [{ path: '/', module: './app.mjs', applicationPool: 'Timed' }],
    },
    {
      name: 'Behind',
      bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:behind', proxyProtocol: true }],
      applications: [{ path: '/', module: './app.mjs' }],
    },
  ],
}

const server = await startServer(config, { 'app.mjs': APP, 'recycled.mjs': RECYCLED })
const live = new Live(server, structuredClone(config))
const { beside, all } = await clientsAtBoth(server, CLIENTS)
t.teardown(async () => {
  for (const { socket } of all) socket.destroy()
  await server.stop()
})

const bodiesOf = (answers: readonly string[]): string[] => [
  ...new Set(answers.map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4))),
]

const ask = async (path: string, headers?: Record<string, string>): Promise<string[]> =>
  answersTo(all, get(path, headers), /\.$/)

t.test('a stored response is nobody’s whom the filter does not let pass', async (t) => {
  for (let round = 0; round < 3; round++) await ask('/kept/filtered', { 'X-Long': 'short' })
  const refused = await answersTo(all, get('/kept/filtered', { 'X-Long': 'much too long' }), /<\/HTML>\r\n$/)
  for (const answer of refused) t.match(answer, /^HTTP\/1\.1 404 /)
  t.same(bodiesOf(await ask('/kept/filtered')), ['/kept/filtered is one.'])
})

t.test('a body over the limit is refused, announced or counted', async (t) => {
  const both = await clientsAtBoth(server, CLIENTS)
  const head = 'POST / HTTP/1.1\r\nHost: test\r\n'
  const chunk = `300\r\n${'x'.repeat(0x300)}\r\n`
  for (const answer of await answersTo(both.all, `${head}Content-Length: 10\r\n\r\n${'x'.repeat(10)}`, /\.$/))
    t.match(answer, /10 bytes\.$/)
  const [announced, counted] = [
    both.all.filter((_, at) => at % 2 === 0),
    both.all.filter((_, at) => at % 2 === 1),
  ]
  for (const answer of await answersTo(announced, `${head}Content-Length: 1001\r\n\r\n`, /<\/HTML>\r\n$/))
    t.match(answer, /^HTTP\/1\.1 413 /)
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`
  for (const answer of await answersTo(counted, chunked, /<\/HTML>\r\n$/)) t.match(answer, /^HTTP\/1\.1 413 /)
  for (const { socket } of both.all) socket.destroy()
})

t.test('one voice tells in Cache-Status what the cache has done', async (t) => {
  for (let round = 0; round < 3; round++) {
    for (const answer of await ask('/kept/told')) {
      t.equal(answer.match(/^Cache-Status: /gim)?.length, 1, answer)
    }
  }
  t.match((await ask('/kept/told'))[0], /Cache-Status: garden; hit; ttl=\d+\r\n/)
})

t.test('what is flushed, by tag, by prefix or all of it, no listener serves any more', async (t) => {
  const paths = ['/kept/a', '/kept/b', '/kept/b/c']
  let count = 0
  const ways = [
    ['--tag a', ['/kept/a']],
    ['/kept/b --prefix', ['/kept/b', '/kept/b/c']],
    ['', paths],
  ] as const
  for (const path of paths) await ask(path)
  const known = new Map<string, string>(paths.map((path) => [path, 'one']))
  for (const [way, forgotten] of ways) {
    const version = `version${++count}`
    await ask(`/set?${version}`)
    t.equal((await webgarden(server.folder, `flush cache ${way}`.trim())).code, 0, way)
    for (const path of forgotten) known.set(path, version)
    for (const [path, expected] of known) t.same(bodiesOf(await ask(path)), [`${path} is ${expected}.`], way)
  }
})

t.test('what a worker has answered is forgotten when it is recycled', async (t) => {
  const [first = ''] = bodiesOf(await ask('/recycled/'))
  for (let round = 0; round < 2; round++) t.same(bodiesOf(await ask('/recycled/')), [first])
  t.match((await answersTo(beside, get('/recycled/'), /\.$/))[0], /Cache-Status: garden; hit/)
  t.equal((await webgarden(server.folder, 'recycle apppool Recycled')).code, 0)
  const after = bodiesOf(await ask('/recycled/'))
  t.equal(after.length, 1)
  t.not(after[0], first)
  await ask('/recycled/')
  t.match(
    (await answersTo(beside, get('/recycled/'), /\.$/))[0],
    /Cache-Status: garden; hit/,
    'it is kept again',
  )
})

t.test('a stopped site is nobody’s, whatever was kept of it', async (t) => {
  const { all: asking } = await clientsAtBoth(server, CLIENTS)
  for (let round = 0; round < 2; round++) await answersTo(asking, get('/kept/stopped'), /\.$/)
  t.equal((await webgarden(server.folder, 'stop site Test')).code, 0)
  for (const answer of await answersTo(asking, get('/kept/stopped'), /<\/HTML>\r\n$/))
    t.match(answer, /^HTTP\/1\.1 400 [^]*Invalid Hostname/)
  for (const one of asking) await one.ended()
  t.equal((await webgarden(server.folder, 'start site Test')).code, 0)
})

t.test('the time limits of a site are those of its connections, and the log says so', async (t) => {
  const [, port = 0] = server.ports
  const timed = { ...server, port }
  const both = await clientsAtBoth(timed, CLIENTS)
  await answersTo(both.all, get('/', { Host: 'timed' }), /from [^]*\.$/)
  const since = Date.now()
  for (const one of both.all) t.equal((await one.ended()).how, 'closed')
  t.ok(Date.now() - since < 20_000, 'not after the minute that the server has')
  const slow = await clientsAtBoth(timed, CLIENTS)
  for (const one of slow.all) one.send('POST /slow HTTP/1.1\r\nHost: timed\r\nContent-Length: 10\r\n\r\nhalf')
  for (const one of slow.all) await one.ended()
  await errorLine(server, /POST \/slow .*Timer_EntityBody/)
  const count = async (pattern: RegExp): Promise<number> =>
    (await readFile(join(server.folder, 'logs/HTTPERR/httperr1.log'), 'latin1')).match(pattern)?.length ?? 0
  let lines = 0
  for (; lines < 2 * CLIENTS;) lines = await count(/POST \/slow - \d+ Timer_EntityBody/g)
  t.equal(lines, 2 * CLIENTS)
})

t.test('clients that a PROXY header names are known by it, also after a change', async (t) => {
  const [, , port = 0] = server.ports
  const behind = await clientsAtBoth({ ...server, port }, CLIENTS)
  const header = 'PROXY TCP4 192.0.2.7 127.0.0.1 4711 80\r\n'
  for (const answer of await answersTo(behind.all, header + get('/', { Host: 'behind' }), /\.$/))
    t.match(answer, /from 192\.0\.2\.7:4711\.$/)
  for (const { socket } of behind.all) socket.destroy()
  await live.change(({ sites: [, , site] }) => {
    const [binding] = site?.bindings as Record<string, unknown>[]
    if (binding) binding.proxyProtocol = false
  })
  const plain = await clientsAtBoth({ ...server, port }, CLIENTS)
  for (const answer of await answersTo(plain.all, get('/', { Host: 'behind' }), /\.$/))
    t.match(answer, /from 127\.0\.0\.1:\d+\.$/)
  for (const { socket } of plain.all) socket.destroy()
})

t.test('a rule that is new holds for requests that were answered before', async (t) => {
  const head = { 'X-Long': 'seven77' }
  for (let round = 0; round < 4; round++) await ask('/kept/ruled', head)
  await live.change(({ sites: [site] }) => {
    const [root] = site?.applications as Record<string, unknown>[]
    if (root)
      root.requestFiltering = { requestLimits: { headerLimits: [{ header: 'X-Long', sizeLimit: 3 }] } }
  })
  for (let round = 0; round < 2; round++) await ask('/kept/ruled')
  for (const answer of await answersTo(all, get('/kept/ruled', head), /<\/HTML>\r\n$/))
    t.match(answer, /^HTTP\/1\.1 404 /)
})

t.test('a limit that several listeners cannot keep cannot come into force', async (t) => {
  t.match(
    await live.change((changed) => {
      changed.webLimits = { ...config.webLimits, maxConnections: 100 }
    }),
    /is refused/,
  )
  await server.printed(/cannot be kept by 2 listeners [^]*or set webLimits\.listenerThreads to 1/)
  t.match(
    await live.change((changed) => {
      // The number waits for a restart, and until then there are two.
      changed.webLimits = { ...config.webLimits, listenerThreads: 1, maxConnections: 100 }
    }),
    /is refused/,
  )
  await server.printed(/cannot be kept by 2 listeners [^]*or restart the server for the new listenerThreads/)
})

t.test('a server that is killed takes its listeners with it', async (t) => {
  const [listener = 0] = listenersOf(server)
  const held = await clientsAt(server, listener, CLIENTS)
  await answersTo(held, get('/kept/a'), /\.$/)
  const since = Date.now()
  server.process.kill('SIGKILL')
  await becomes(() => !isAlive(listener))
  t.ok(Date.now() - since < 2_000, `${Date.now() - since} ms`)
  await t.rejects(rawClient(server.port), 'nobody listens any more')
})

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
