/** The proxy and redirect adapters behind the built server. */
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { freePort } from '../harness/free-port.js'
import { oneSite, startServer, type TestServer } from '../harness/server.js'

const open = async (t: Test, listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const start = async (t: Test, applications: readonly Record<string, unknown>[]): Promise<TestServer> => {
  const server = await startServer(oneSite(applications))
  t.teardown(() => server.stop())
  return server
}

/** What comes back for the bytes of one request, until the connection ends. */
const exchange = (port: number, request: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1')
    socket
      .on('data', (chunk) => chunks.push(chunk))
      .once('error', reject)
      .once('end', () => {
        resolve(Buffer.concat(chunks))
      })
    socket.write(request, 'latin1')
  })

void t.test('a request goes to the server behind, and its answer comes back', async (t) => {
  let seen: IncomingHttpHeaders = {}
  let closed = (): void => undefined
  const behindClosed = new Promise<void>((resolve) => (closed = resolve))
  const behind = await open(t, (request, response) => {
    seen = request.headers
    if (request.url === '/p/moved') response.writeHead(302, { Location: `${behind}/p/there` }).end()
    else if (request.url === '/p/latin') response.writeHead(200, { 'X-Name': 'gr\u00fcn' }).end('x')
    else if (request.url === '/p/hang') {
      response.once('close', closed)
      response.write('first')
    } else if (request.url === '/p/broken') {
      response.writeHead(200, { 'Content-Length': '10' })
      response.write('12345', () => response.destroy())
    } else if (request.method === 'POST') request.pipe(response)
    else response.end(request.url)
  })
  const server = await start(t, [{ path: '/app', type: 'proxy', options: { servers: [`${behind}/p`] } }])

  const plain = await fetch(`${server.url}/app/x?y=1`, { headers: { 'X-Forwarded-For': '192.0.2.1' } })
  t.equal(await plain.text(), '/p/x?y=1', 'below the path of the server behind')
  t.equal(plain.headers.get('via'), '1.1 webgarden')
  t.match(seen, {
    host: `127.0.0.1:${server.port}`,
    via: '1.1 webgarden',
    'x-forwarded-for': '192.0.2.1, 127.0.0.1',
    'x-forwarded-host': `127.0.0.1:${server.port}`,
    'x-forwarded-proto': 'http',
    'x-forwarded-prefix': '/app',
  })
  const moved = await fetch(`${server.url}/app/moved`, { redirect: 'manual' })
  t.equal(moved.headers.get('location'), `${server.url}/app/there`, 'the server behind is not named')
  const echoed = await fetch(`${server.url}/app/`, { method: 'POST', body: 'x'.repeat(300_000) })
  t.equal((await echoed.text()).length, 300_000)
  const latin = await exchange(
    server.port,
    'GET /app/latin HTTP/1.1\r\nHost: a\r\nX-In: \u00fc\r\nX-Hop: 1\r\nConnection: close, X-Hop\r\n\r\n',
  )
  t.match(latin.toString('latin1'), /^x-name: gr\u00fcn\r$/m, 'bytes beyond ASCII pass as they are')
  t.equal(seen['x-in'], '\u00fc')
  t.equal(seen['x-hop'], undefined, 'a field that Connection names ends here')
  await t.rejects((await fetch(`${server.url}/app/broken`)).text(), 'half an answer is not a whole one')

  const stop = new AbortController()
  const hanging = await fetch(`${server.url}/app/hang`, { signal: stop.signal })
  const reader = hanging.body?.getReader()
  t.same((await reader?.read())?.value, Buffer.from('first'), 'what is there is passed on at once')
  stop.abort()
  await behindClosed
  t.equal((await fetch(`${server.url}/app/after`)).status, 200)
})

void t.test('a server that fails costs only the requests that may not be sent twice', async (t) => {
  const behind = await open(t, (request, response) => {
    if (request.url !== '/never') request.pipe(response)
  })
  const dead = `http://127.0.0.1:${await freePort()}`
  const server = await start(t, [
    { path: '/both', type: 'proxy', options: { servers: [dead, behind], maxFailures: 2 } },
    { path: '/dead', type: 'proxy', options: { servers: [dead] } },
    { path: '/slow', type: 'proxy', options: { servers: [behind], requestTimeout: 1000 } },
  ])
  const post = { method: 'POST', body: 'x'.repeat(300_000) }
  t.equal((await fetch(`${server.url}/both/`)).status, 200, 'a GET is sent to the next one')
  t.equal((await fetch(`${server.url}/both/`)).status, 200)
  t.equal((await fetch(`${server.url}/both/`, post)).status, 502, 'a POST is not')
  await server.printed(/ is put aside for 10000 ms: it failed 2 times/)
  for (let left = 4; left > 0; left--) {
    const answer = await fetch(`${server.url}/both/`, post)
    t.equal(answer.status, 200, 'only the other one is asked now')
    t.equal((await answer.text()).length, 300_000)
  }
  for (let left = 4; left > 0; left--) {
    const answer = await fetch(`${server.url}/dead/`, post)
    t.equal(answer.status, 502, 'a body that nobody takes stops no connection')
    t.notMatch(await answer.text(), dead, 'the page does not name the server')
  }
  t.equal((await fetch(`${server.url}/slow/never`)).status, 504)
  t.equal((await fetch(`${server.url}/slow/`)).status, 200)
})

void t.test('a redirected application answers with a Location', async (t) => {
  const redirect = (path: string, options: Record<string, unknown>): Record<string, unknown> => ({
    path,
    type: 'redirect',
    options,
  })
  const server = await start(t, [
    redirect('/old', { destination: '/new', httpResponseStatus: 'PermRedirect' }),
    redirect('/one', { destination: '/page', exactDestination: true, httpResponseStatus: 'Permanent' }),
    redirect('/s', { destination: 'http://example.com/x$S$Q', httpResponseStatus: 'Temporary' }),
    redirect('/v', { destination: 'http://example.com$V?was=1&$P' }),
    redirect('/child', { destination: '/new', childOnly: true }),
    redirect('/open', { destination: '$S' }),
  ])
  const asked = async (path: string): Promise<[number, string | null]> => {
    const { status, headers } = await fetch(server.url + path, { redirect: 'manual' })
    return [status, headers.get('location')]
  }
  t.same(await asked('/old/a?b'), [308, '/new/a?b'])
  t.same(await asked('/one/a?b'), [301, '/page'])
  t.same(await asked('/s/a/b?c=d'), [307, 'http://example.com/x/a/b?c=d'])
  t.same(await asked('/v/a/b?c=d'), [302, 'http://example.com/v/a/b?was=1&c=d'])
  t.same(await asked('/child/a'), [302, '/new/a'])
  t.same(await asked('/child/a/b'), [404, null])
  t.same(await asked('/open//evil.example/'), [302, '/evil.example/'], 'no request names another server')
})
