/** The cache stage of the examples, switched in for the standard one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { oneSite, startServer } from '../harness/server.js'
import { example } from './examples.js'

/** Counts what reaches the application: a number that does not go up was answered by the cache. */
const APP = `
let count = 0
export default (request, response) => {
  const url = new URL(request.url, 'http://app')
  for (const [name, value] of url.searchParams) response.setHeader(name, value)
  response.end(String(++count))
}`
const files = { 'app.mjs': APP, 'off.mjs': APP }

const serverWith = (
  options: Record<string, unknown>,
  applications: readonly Record<string, unknown>[] = [],
) =>
  startServer(
    oneSite([{ path: '/', module: './app.mjs' }, ...applications], {
      modules: [example('cache-map', options)],
      pipeline: { cache: 'cache-map' },
    }),
    files,
  )

const ask = async (url: string, init: RequestInit = {}): Promise<string> => (await fetch(url, init)).text()

/** For the tests that ask for paths of their own. */
const server = await serverWith({}, [{ path: '/off', module: './off.mjs', caching: { enabled: false } }])
t.teardown(() => server.stop())

t.test('an answer with max-age is kept, and comes back with its age', async (t) => {
  const url = `${server.url}/?Cache-Control=max-age=60&Content-Type=text/x-number`
  t.equal(await ask(url), '1')
  const hit = await fetch(url)
  t.equal(await hit.text(), '1')
  t.match(hit.headers.get('age'), /^\d+$/)
  t.equal(hit.headers.get('content-type'), 'text/x-number')
  t.equal(await ask(`${url}&X-Other=1`), '2', 'another URL is another answer')
})

t.test(
  'what the application does not allow, or a client wants fresh, is not answered from the Map',
  async (t) => {
    for (const query of [
      '',
      'Cache-Control=private,max-age=60',
      'Cache-Control=max-age=60&Vary=Accept',
      'Cache-Control=max-age=60&Set-Cookie=a=b',
      'Cache-Control=s-maxage=0,max-age=60',
    ]) {
      const first = await ask(`${server.url}/?${query}`)
      t.not(await ask(`${server.url}/?${query}`), first, query)
    }
    const url = `${server.url}/?Cache-Control=max-age=60`
    const first = await ask(url)
    t.not(await ask(url, { headers: { Authorization: 'Basic eDp5' } }), first)
    t.not(await ask(url, { headers: { 'Cache-Control': 'no-cache' } }), first)
    t.equal(await ask(url), first)
  },
)

t.test('a POST makes what is kept under its URL stale', async (t) => {
  const url = `${server.url}/posted?Cache-Control=max-age=60`
  const first = Number(await ask(url))
  t.equal(await ask(url, { method: 'POST', body: 'x' }), String(first + 1))
  t.equal(await ask(url), String(first + 2))
})

t.test('the oldest answer goes when there is no room', async (t) => {
  const server = await serverWith({ maxEntries: 2 })
  t.teardown(() => server.stop())
  const url = (path: string) => `${server.url}/${path}?Cache-Control=max-age=60`
  const [a, b, c] = [await ask(url('a')), await ask(url('b')), await ask(url('c'))]
  t.equal(await ask(url('c')), c)
  t.equal(await ask(url('b')), b)
  t.not(await ask(url('a')), a)
})

t.test('an application that switches caching off is left alone', async (t) => {
  const url = `${server.url}/off/?Cache-Control=max-age=60`
  t.equal(await ask(url), '1')
  t.equal(await ask(url), '2')
})

t.test('hits are logged as requests of their site and application', async (t) => {
  const dir = t.testdir()
  const log = join(dir, 'requests.ndjson')
  const server = await startServer(
    oneSite([{ path: '/', module: './app.mjs' }], {
      modules: [example('cache-map'), example('log-json-lines', { file: log })],
      pipeline: { cache: 'cache-map', log: 'log-json-lines' },
    }),
    files,
  )
  const url = `${server.url}/?Cache-Control=max-age=60`
  t.equal(await ask(url), '1')
  t.equal(await ask(url), '1')
  await server.stop()
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  t.match(JSON.parse(lines[1] ?? '{}'), { site: 'Test', application: '/', fromCache: true, status: 200 })
})
