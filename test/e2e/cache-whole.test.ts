/** What the response cache does beyond fresh hits, over the built server: validation, waiting, stale answers, policies. */
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { Agent, createServer, request as send, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { get, rawClient } from '../harness/raw-client.js'
import { startServer } from '../harness/server.js'

/** Counts by path; takes its response's fields from the query; waits and crashes where it is told to, or holds its answer. */
const APP = `
const asked = new Map()
const held = new Map()
export default (request, response) => {
  const url = new URL(request.url, 'http://x')
  if (url.pathname === '/asked') return response.end(String(asked.get(url.searchParams.get('path')) ?? 0))
  if (url.pathname === '/release') {
    held.get(url.searchParams.get('path'))?.()
    return response.end()
  }
  const count = (asked.get(url.pathname) ?? 0) + 1
  asked.set(url.pathname, count)
  const fields = new Map(url.searchParams)
  const [wait, crash] = [Number(fields.get('wait') ?? 0), Number(fields.get('crash') ?? 0)]
  if (crash === count) process.exit(1)
  if (fields.get('destroy') === String(count)) return request.socket.destroy()
  const holds = fields.get('hold') === String(count)
  for (const name of ['wait', 'crash', 'destroy', 'hold', 'a', 'b']) fields.delete(name)
  for (const [name, value] of fields) response.setHeader(name, value)
  response.setHeader('x-count', String(count))
  const known = fields.get('ETag') !== undefined && request.headers['if-none-match'] === fields.get('ETag')
  const answer = () => known ? response.writeHead(304).end() : response.end('asked ' + count)
  if (holds) held.set(url.pathname, answer)
  else setTimeout(answer, wait)
}`

const site = (name: string, applications: readonly object[]): object => ({
  name,
  bindings: [{ bindingInformation: '127.0.0.1:0:' }],
  applications: applications.map((one) => ({ module: './app.mjs', ...one })),
})

/** Another server, which the proxy asks. */
const conditions: (string | undefined)[] = []
const backend = createServer((request, response) => {
  conditions.push(request.headers['if-none-match'])
  response.setHeader('Cache-Control', request.url?.endsWith('/short') ? 'max-age=1' : 'max-age=600')
  response.setHeader('ETag', '"b"')
  if (request.headers['if-none-match'] === '"b"') response.writeHead(304).end()
  else response.end('from behind')
})
await once(backend.listen(0, '127.0.0.1'), 'listening')
t.teardown(() => backend.close())
const behind = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`

const server = await startServer(
  {
    caching: { cacheStatus: 'wg' },
    applicationPools: [{ name: 'Frail' }, { name: 'Renewed' }],
    sites: [
      site('Main', [
        { path: '/' },
        { path: '/frail', applicationPool: 'Frail' },
        { path: '/renewed', applicationPool: 'Renewed', caching: { flushOnRecycle: true } },
        { path: '/proxied', type: 'proxy', module: undefined, options: { servers: [behind] } },
        { path: '/hot', caching: { frequentHitThreshold: 3 } },
        {
          path: '/files',
          type: 'static',
          physicalPath: './files',
          caching: { profiles: [{ extension: '.txt', policy: 'CacheUntilChange' }] },
        },
        {
          path: '/period',
          caching: {
            profiles: [
              {
                extension: '.page',
                policy: 'CacheForTimePeriod',
                duration: '00:00:30',
                varyByQueryString: 'a',
              },
              { path: '/kernel/*', kernelCachePolicy: 2, varyByHeaders: 'Accept-Language' },
              { path: '/never/*' },
            ],
          },
        },
      ]),
      site('Other', [{ path: '/' }]),
    ],
  },
  { 'app.mjs': APP, 'files/a.txt': 'first', 'files/b.html': 'page' },
)
t.teardown(() => server.stop())

const ask = async (path: string, headers: Record<string, string> = {}, url = server.url) => {
  // Not fetch, which makes requests with conditions of its own.
  const request = send(`${url}${path}`, { headers, agent: false }).end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let body = ''
  for await (const chunk of response) body += String(chunk)
  return {
    status: response.statusCode,
    body,
    fields: response.headers,
    how: response.headers['cache-status'],
  }
}
const query = (fields: Record<string, string>): string => `?${new URLSearchParams(fields).toString()}`
const askedFor = async (path: string, at = ''): Promise<string> =>
  (await ask(`${at}/asked${query({ path, ETag: String(Math.random()) })}`)).body

/** Responses that are fresh for a second: fetched first, so that no test need wait that long. */
const early = await Promise.all(
  [
    `/frail/destroy${query({ 'Cache-Control': 'max-age=1', destroy: '2' })}`,
    `/frail/strict${query({ 'Cache-Control': 'max-age=1, must-revalidate', destroy: '2' })}`,
    `/frail/crash${query({ 'Cache-Control': 'max-age=1', crash: '2' })}`,
    '/proxied/short',
    `/background${query({ 'Cache-Control': 'max-age=1, stale-while-revalidate=600', hold: '2' })}`,
  ].map(async (path) => ({ path, body: (await ask(path)).body })) as [Early, Early, Early, Early, Early],
)
interface EarlyOne {
  readonly path: string
  readonly body: string
}
type Early = Promise<EarlyOne>

/** Once the cache alone cannot answer with them any more. */
const whenStale = async (responses: readonly EarlyOne[]): Promise<void> => {
  for (const { path } of responses)
    while ((await ask(path, { 'cache-control': 'only-if-cached' })).status === 200) await pause(50)
}

t.test('1,000 clients that want one missing response cause one request', async (t) => {
  const path = `/crowd${query({ 'Cache-Control': 'max-age=60', wait: '300' })}`
  const agent = new Agent({ maxSockets: 1000 })
  const bodies = await Promise.all(
    Array.from({ length: 1000 }, async () => {
      const request = send(`${server.url}${path}`, { agent }).end()
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      let body = ''
      for await (const chunk of response) body += String(chunk)
      return body
    }),
  )
  agent.destroy()
  t.same(new Set(bodies), new Set(['asked 1']))
  t.equal(await askedFor('/crowd'), '1')
})

t.test('what cannot be kept is not waited for one after the other', async (t) => {
  const path = `/personal${query({ 'Cache-Control': 'private', wait: '300' })}`
  const began = Date.now()
  const bodies = new Set(
    (await Promise.all(Array.from({ length: 20 }, () => ask(path)))).map(({ body }) => body),
  )
  t.equal(bodies.size, 20)
  t.ok(Date.now() - began < 20 * 300)
})

t.test('a client that goes away, leading or waiting, does not hurt the others', async (t) => {
  const path = `/fickle${query({ 'Cache-Control': 'max-age=600', hold: '1' })}`
  const [leader, waits] = [await rawClient(server.port), await rawClient(server.port)]
  leader.send(get(path))
  while ((await askedFor('/fickle')) !== '1') await pause(10)
  waits.send(get(path))
  const other = ask(path, { host: 'test' })
  await pause(50)
  waits.socket.destroy()
  leader.socket.destroy()
  t.match(await other, { status: 200, body: /asked [23]/ }, 'by itself, or after the other one')
})

t.test('a stored response is validated: the worker says 304, the client gets the whole', async (t) => {
  const path = `/tagged${query({ 'Cache-Control': 'max-age=600', ETag: '"v1"' })}`
  t.match(await ask(path), { status: 200, body: 'asked 1', how: 'wg; fwd=uri-miss; stored' })
  t.match(await ask(path), { status: 200, body: 'asked 1', how: /^wg; hit; ttl=\d+$/ })
  t.match(await ask(path, { 'cache-control': 'no-cache' }), {
    status: 200,
    body: 'asked 1',
    fields: { 'x-count': '2' },
    how: 'wg; fwd=request; fwd-status=304',
  })
  t.match(await ask(path), { body: 'asked 1', fields: { 'x-count': '2' }, how: /hit/ })
  t.match(await ask(path, { 'if-none-match': '"v1"' }), { status: 304 })
})

t.test('stale-while-revalidate answers at once, and asks once', async (t) => {
  const { path } = early[4]
  while ((await askedFor('/background')) === '1') t.equal((await ask(path)).body, 'asked 1')
  for (const { body } of await Promise.all([ask(path), ask(path), ask(path)])) t.equal(body, 'asked 1')
  t.equal(await askedFor('/background'), '2', 'it is still under way, and nobody waits for it')
  await ask(`/release${query({ path: '/background' })}`)
  while ((await ask(path)).body === 'asked 1') await pause(20)
})

t.test('a worker that crashes, or cuts the connection, is answered for with what is stale', async (t) => {
  const [destroy, strict, crash] = early
  await whenStale([destroy, strict, crash])
  t.match(await ask(destroy.path), { body: destroy.body, how: /fwd=stale/ })
  await t.rejects(ask(strict.path), 'must-revalidate forbids it')
  t.match(await ask(crash.path), { body: crash.body, how: /fwd=stale/ })
})

t.test('what comes from behind the reverse proxy is kept, validated, and answered for', async (t) => {
  const path = '/proxied/x'
  t.match(await ask(path), { body: 'from behind', how: 'wg; fwd=uri-miss; stored' })
  t.match(await ask(path), { body: 'from behind', how: /hit/ })
  t.match(await ask(path, { 'cache-control': 'no-cache' }), { body: 'from behind', how: /fwd-status=304/ })
  t.same(conditions, [undefined, undefined, '"b"'])
  backend.close()
  backend.closeAllConnections()
  const short = early[3]
  await whenStale([short])
  t.match(await ask(short.path), { status: 200, body: 'from behind', how: /fwd=stale; fwd-status=502/ })
})

t.test('the cache forgets URLs, all below one, tags, and what belongs to one site', async (t) => {
  const path = (name: string, tag = 'none') =>
    `${name}${query({ 'Cache-Control': 'max-age=600', 'Cache-Tag': tag })}`
  const paths = [path('/f/one'), path('/f/two', 'red'), path('/g', 'red, blue')]
  const kept = async (): Promise<boolean[]> =>
    Promise.all(
      paths.map(async (one) => (await ask(one, { 'cache-control': 'only-if-cached' })).status === 200),
    )
  const fill = async (): Promise<void> => {
    for (const one of paths) await ask(one)
  }
  const flushed = async (...words: string[]): Promise<string> => {
    await fill()
    const { stdout, stderr } = await webgarden(server.folder, ['flush', 'cache', ...words])
    return stdout + stderr
  }
  t.match(await flushed(paths[0] ?? ''), /^1 response forgotten\n$/)
  t.same(await kept(), [false, true, true])
  t.match(await flushed(`${server.url}/f/`, '--prefix'), /^2 responses forgotten\n$/)
  t.same(await kept(), [false, false, true])
  t.match(await flushed('--tag', 'red', '--site', 'Main'), /^2 responses forgotten\n$/)
  t.same(await kept(), [true, false, false])
  t.match(await flushed('--tag', 'red', '--site', 'Other'), /^0 responses forgotten\n$/)
  t.match(await flushed('--site', 'Nobody'), /there is no site "Nobody"/)
  t.same(await kept(), [true, true, true])
  t.equal(await flushed(), 'the cache is empty\n')
  t.same(await kept(), [false, false, false])
})

t.test('CacheUntilChange keeps a file until it changes, in place or by another one', async (t) => {
  const file = join(server.folder, 'files/a.txt')
  const until = async (body: string): Promise<void> => {
    while ((await ask('/files/a.txt')).body !== body) await pause(20)
  }
  await until('first')
  while (!(await ask('/files/a.txt')).how?.includes('hit')) await pause(20)
  await writeFile(file, 'second')
  await until('second')
  while (!(await ask('/files/a.txt')).how?.includes('hit')) await pause(20)
  await writeFile(`${file}.new`, 'third')
  await rename(`${file}.new`, file)
  await until('third')
  await ask('/files/b.html')
  t.notMatch((await ask('/files/b.html')).how, 'hit', 'no profile, no word from the application')
})

t.test('CacheForTimePeriod keeps what says nothing, by the parameters and headers that count', async (t) => {
  const page = '/period/x.page'
  t.equal((await ask(`${page}?a=1&b=1`)).body, 'asked 1')
  t.equal((await ask(`${page}?b=2&a=1`)).body, 'asked 1')
  t.equal((await ask(`${page}?a=2`)).body, 'asked 2')
  t.equal((await ask(`${page}?a=3&${query({ 'Cache-Control': 'no-store' }).slice(1)}`)).body, 'asked 3')
  t.equal((await ask(`${page}?a=3`)).body, 'asked 4', 'what the application forbids is not kept')
  t.equal((await ask('/period/kernel/y', { 'accept-language': 'de' })).body, 'asked 1')
  t.equal((await ask('/period/kernel/y', { 'accept-language': 'en' })).body, 'asked 2')
  t.equal((await ask('/period/kernel/y', { 'accept-language': 'de' })).body, 'asked 1')
  const never = `/period/never/z${query({ 'Cache-Control': 'max-age=60' })}`
  t.not((await ask(never)).body, (await ask(never)).body, 'DontCache')
})

t.test('only what is asked for often is kept, where a threshold says so', async (t) => {
  const path = `/hot/x${query({ 'Cache-Control': 'max-age=60' })}`
  const bodies = []
  for (let round = 0; round < 5; round++) bodies.push((await ask(path)).body)
  t.same(bodies, ['asked 1', 'asked 2', 'asked 3', 'asked 3', 'asked 3'])
})

t.test('a recycle of its pool is the end of what it has answered, where that is wanted', async (t) => {
  const fields = query({ 'Cache-Control': 'max-age=600' })
  t.equal((await ask(`/renewed/x${fields}`)).body, 'asked 1')
  const count = (await ask(`/frail/kept${fields}`)).body
  t.match((await ask(`/renewed/x${fields}`)).how, 'hit')
  for (const pool of ['Renewed', 'Frail']) await webgarden(server.folder, ['recycle', 'apppool', pool])
  t.notMatch((await ask(`/renewed/x${fields}`)).how, 'hit')
  t.match(await ask(`/frail/kept${fields}`), { body: count, how: /hit/ })
})
