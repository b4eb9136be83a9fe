/** The proxy and redirect adapters behind the built server. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { oneSite, startServer } from '../harness/server.js'

t.setTimeout(30_000)

const open = async (t: Test, listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

void t.test('a request goes to the server behind and its answer comes back', async (t) => {
  let aborted = (): void => undefined
  const abort = new Promise<void>((resolve) => (aborted = resolve))
  const behind = await open(t, (request, response) => {
    if (request.url === '/p/moved') response.writeHead(302, { Location: `${behind}/p/there` }).end()
    else if (request.url === '/p/hang') {
      response.write('first')
      response.once('close', aborted)
    } else if (request.url === '/p/never') request.resume()
    else if (request.method === 'POST') request.pipe(response)
    else response.end(JSON.stringify({ url: request.url, headers: request.headers }))
  })
  const server = await startServer(
    oneSite([
      {
        path: '/app',
        type: 'proxy',
        options: { servers: ['http://127.0.0.1:1', `${behind}/p`], requestTimeout: 500 },
      },
      { path: '/dead', type: 'proxy', options: { servers: ['http://127.0.0.1:1'] } },
      {
        path: '/old',
        type: 'redirect',
        options: { destination: '/new', httpResponseStatus: 'PermRedirect' },
      },
    ]),
  )
  t.teardown(() => server.stop())
  const seen = (await (await fetch(`${server.url}/app/x?y=1`)).json()) as object
  t.match(seen, {
    url: '/p/x?y=1',
    headers: { via: '1.1 webgarden', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-prefix': '/app' },
  })
  const moved = await fetch(`${server.url}/app/moved`, { redirect: 'manual' })
  t.equal(moved.headers.get('location'), `${server.url}/app/there`)
  let echoed = await fetch(`${server.url}/app/`, { method: 'POST', body: 'x'.repeat(300_000) })
  if (echoed.status === 502)
    echoed = await fetch(`${server.url}/app/`, { method: 'POST', body: 'x'.repeat(300_000) })
  t.equal((await echoed.text()).length, 300_000)
  t.equal((await fetch(`${server.url}/app/never`)).status % 2, 0)
  t.equal((await fetch(`${server.url}/dead/`)).status, 502)
  await server.printed(/127\.0\.0\.1:1 failed/)
  const stop = new AbortController()
  await fetch(`${server.url}/app/hang`, { signal: stop.signal })
  stop.abort()
  await abort
  const redirected = await fetch(`${server.url}/old/a?b`, { redirect: 'manual' })
  t.match([redirected.status, redirected.headers.get('location')], [308, '/new/a?b'])
})
