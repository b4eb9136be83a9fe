/** The response cache of the built server, over a real socket: with the front door (a connection's later hits) and without. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { get, rawClient, type RawClient } from '../harness/raw-client.js'
import { oneSite, startServer, type TestServer } from '../harness/server.js'

/** Answers how often it was asked for paths that begin alike, so that a response from the cache shows. */
const APP = `
const counts = new Map()
export default (request, response) => {
  const url = new URL(request.url, 'http://x')
  const [, group] = url.pathname.split('/')
  const asked = (counts.get(group) ?? 0) + 1
  counts.set(group, asked)
  for (const [name, value] of url.searchParams) response.setHeader(name, value)
  if (request.method === 'POST') return response.writeHead(204).end()
  response.end('asked ' + asked)
}`

const start = (
  application: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Promise<TestServer> =>
  startServer(oneSite([{ path: '/', module: './app.mjs', ...application }], more), { 'app.mjs': APP })

/** Sends one request after the other on one connection and answers the responses, head and body. */
const inTurn = async (client: RawClient, requests: readonly string[]): Promise<string[]> => {
  const responses: string[] = []
  for (const request of requests) {
    const before = client.received().length
    client.send(request)
    const pattern = new RegExp(`^[\\s\\S]{${before}}HTTP/1\\.1 [\\s\\S]*\\r\\n\\r\\n(asked \\d+)?$`)
    responses.push((await client.until(pattern)).slice(before))
  }
  return responses
}

for (const frontDoor of [true, false]) {
  t.test(`with the front door ${frontDoor ? 'on' : 'off'}`, async (t) => {
    const server = await start({}, { caching: { frontDoor } })
    t.teardown(() => server.stop())
    await t.test(
      'a fresh response is served again without a worker, with its age, on one connection as on many',
      async (t) => {
        const path = '/a?Cache-Control=max-age%3D60'
        const client = await rawClient(server.port)
        const responses = await inTurn(
          client,
          Array.from({ length: 10 }, () => get(path)),
        )
        for (const response of responses) t.match(response, /\r\n\r\nasked 1$/)
        t.notMatch(responses[0], /\r\nAge:/)
        for (const response of responses.slice(1)) t.match(response, /\r\nAge: \d+\r\n/)
        t.equal(
          await (
            await fetch(`${server.url}${path}`, { headers: { host: 'test' } })
          )
            .text()
            .then((body) => body.slice(0, 5)),
          'asked',
        )
        client.socket.destroy()
      },
    )

    await t.test('hits, misses, bodies and broken requests mix on one connection', async (t) => {
      const hit = get('/b/hit?Cache-Control=max-age%3D60')
      const client = await rawClient(server.port)
      const [first] = await inTurn(client, [hit])
      t.match(first, /asked 1$/)
      const responses = await inTurn(client, [
        hit,
        hit,
        hit,
        get('/b/miss'),
        hit,
        'POST /b/post HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc',
        hit,
        get('/b/miss'),
        hit,
      ])
      t.same(
        responses.map((response) => /asked \d+|204/.exec(response)?.[0]),
        ['asked 1', 'asked 1', 'asked 1', 'asked 2', 'asked 1', '204', 'asked 1', 'asked 4', 'asked 1'],
      )
      // A request in two pieces, whose second piece looks like a request the front door knows.
      const before = client.received().length
      client.send('GET /b/two HTTP/1.1\r\nHost: test\r\nX: ')
      await new Promise<void>((resolve) =>
        client.socket.write('', () => {
          resolve()
        }),
      )
      client.send(hit)
      const text = (await client.until(new RegExp(`^[\\s\\S]{${before}}[\\s\\S]+`))).slice(before)
      t.notMatch(text, /asked 1$/, 'the second piece is a header value or an error, never a request')
      client.socket.destroy()
    })

    await t.test(
      'pipelined hits are answered in order, a broken request among them ends the connection',
      async (t) => {
        const hit = get('/c?Cache-Control=max-age%3D60')
        const client = await rawClient(server.port)
        await inTurn(client, [hit, hit, hit])
        client.send(hit + hit + 'GET / HTTP/9.9\r\n\r\n')
        const { text } = await client.ended()
        t.same([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]).slice(3), [
          '200',
          '200',
          '505',
        ])
      },
    )

    await t.test('a conditional request, HEAD and a range are answered from the cache', async (t) => {
      const url = `${server.url}/d?Cache-Control=max-age%3D60&ETag=%22v1%22`
      t.equal(await (await fetch(url)).text(), 'asked 1')
      // By hand, since fetch makes a conditional request one that asks for no cache.
      const client = await rawClient(server.port)
      client.send(
        get(url.slice(server.url.length), { Host: `127.0.0.1:${server.port}`, 'If-None-Match': '"v1"' }),
      )
      t.match(await client.until(/\r\n\r\n/), /^HTTP\/1\.1 304 Not Modified\r\n/)
      client.socket.destroy()
      const head = await fetch(url, { method: 'HEAD' })
      t.equal(head.headers.get('content-length'), '7')
      const range = await fetch(url, { headers: { range: 'bytes=2-4' } })
      t.equal(range.status, 206)
      t.equal(range.headers.get('content-range'), 'bytes 2-4/7')
      t.equal(await range.text(), 'ked')
      t.equal((await fetch(url, { headers: { range: 'bytes=99-' } })).status, 416)
    })

    await t.test('what must not be shared goes to the worker each time', async (t) => {
      const asked = async (query: string, headers: Record<string, string> = {}): Promise<boolean> => {
        const first = await (await fetch(`${server.url}/x?${query}`, { headers })).text()
        const second = await (await fetch(`${server.url}/x?${query}`, { headers })).text()
        return first !== second
      }
      t.ok(await asked('Cache-Control=no-store'), 'no-store')
      t.ok(await asked('Cache-Control=private,max-age%3D60'), 'private')
      t.ok(await asked('ETag=%221%22'), 'nothing said')
      t.ok(await asked('Cache-Control=max-age%3D60&Set-Cookie=a%3Db'), 'Set-Cookie')
      t.ok(await asked('Cache-Control=max-age%3D60', { authorization: 'Basic eA==' }), 'Authorization')
      t.ok(await asked('Cache-Control=max-age%3D60&Vary=*'), 'Vary: *')
      t.notOk(await asked('Cache-Control=public,max-age%3D60', { authorization: 'Basic eA==' }), 'public')
    })

    await t.test('Vary keeps variants apart; an unsafe request invalidates', async (t) => {
      const url = `${server.url}/v?Cache-Control=max-age%3D60&Vary=Accept-Language`
      const ask = async (language: string): Promise<string> =>
        (await fetch(url, { headers: { 'accept-language': language } })).text()
      const [english, german] = [await ask('en'), await ask('de')]
      t.not(english, german)
      t.same([await ask('en'), await ask('de')], [english, german])
      t.equal((await fetch(url, { method: 'POST' })).status, 204)
      t.not(await ask('en'), english)
    })

    await t.test('hits are in the access log as everything else is', async (t) => {
      const client = await rawClient(server.port)
      await inTurn(
        client,
        Array.from({ length: 5 }, () =>
          get('/logged?Cache-Control=max-age%3D60', { 'User-Agent': 'tester 1' }),
        ),
      )
      client.socket.destroy()
      server.process.kill('SIGTERM')
      await server.printed(/^stopped$/m)
      const folder = join(server.folder, 'logs', 'W3SVC1')
      const [file] = await readdir(folder)
      const lines = (await readFile(join(folder, file ?? ''), 'utf8'))
        .split('\r\n')
        .filter((line) => line.includes('/logged'))
      t.equal(lines.length, 5)
      for (const line of lines)
        t.match(line, / GET \/logged Cache-Control=max-age%3D60 \d+ - 127\.0\.0\.1 tester\+1 - 200 0 0 \d+$/)
      await server.stop()
    })
  })
}

t.test(
  "an application whose cache is off is asked each time; two sites never see each other's entries",
  async (t) => {
    const off = await start({ caching: { enabled: false } })
    t.teardown(() => off.stop())
    const path = '/a?Cache-Control=max-age%3D60'
    t.equal(await (await fetch(`${off.url}${path}`)).text(), 'asked 1')
    t.equal(await (await fetch(`${off.url}${path}`)).text(), 'asked 2')

    const site = (name: string): object => ({
      name,
      bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
      applications: [{ path: '/', module: `./${name}.mjs` }],
    })
    const answer = (name: string): string =>
      `export default (request, response) => response.setHeader('cache-control', 'max-age=60').end('${name}')`
    const two = await startServer(
      { sites: [site('one'), site('two')] },
      { 'one.mjs': answer('one'), 'two.mjs': answer('two') },
    )
    t.teardown(() => two.stop())
    for (const round of [1, 2]) {
      const bodies = await Promise.all(
        two.ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/`)).text()),
      )
      t.same(bodies, ['one', 'two'], `round ${round}`)
    }
  },
)
