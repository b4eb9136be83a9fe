/** The sample applicationHost.json with its sites: what `npm start` serves, on a free port. */
import { readFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startServer, type TestServer } from '../harness/server.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** The sample as it is, but for the port and its paths, which are relative to the repository. */
const sample = async (logs: string, pipeline = '"pipeline": {'): Promise<string> =>
  (await readFile(join(ROOT, 'applicationHost.json'), 'utf8'))
    .replaceAll('"./plugins-example/', `"${ROOT}plugins-example/`)
    .replaceAll('"./dist/plugins-example/', `"${ROOT}dist/plugins-example/`)
    .replaceAll('"logs/', `"${logs}/`)
    .replace('127.0.0.1:8080:', '127.0.0.1:0:')
    .replace('"pipeline": {', pipeline)

let server: TestServer
let logs: string

t.before(async () => {
  logs = await mkdtemp(join(tmpdir(), 'webgarden-logs-'))
  server = await startServer(await sample(logs))
})
t.teardown(async () => {
  await server.stop()
  await rm(logs, { recursive: true, force: true })
})

const json = async (path: string, init: RequestInit = {}): Promise<Record<string, unknown>> =>
  (await (await fetch(server.url + path, init)).json()) as Record<string, unknown>

t.test('every link of the welcome page leads somewhere', async (t) => {
  const page = await (await fetch(server.url)).text()
  const links = new Set([...page.matchAll(/(?:href|data-app)="(\/[^"]*)"/g)].map((match) => match[1] ?? ''))
  t.ok(links.size > 15)
  for (const link of links) t.equal((await fetch(server.url + link)).status, 200, link)
  t.notMatch(page, /(?:src|href)="https?:/, 'nothing is fetched from elsewhere')
})

t.test('the Fastify API validates, and its report comes from the cache the second time', async (t) => {
  const post = (body: unknown) =>
    fetch(`${server.url}/api/books`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  t.equal((await post({ title: 'Walden' })).status, 400)
  t.equal((await post({ title: 'Walden', author: 'Thoreau' })).status, 201)
  const first = await fetch(`${server.url}/api/report`)
  const second = await fetch(`${server.url}/api/report`)
  t.match(second.headers.get('age'), /^\d+$/)
  t.equal(await second.text(), await first.text())
})

t.test('the Express shop takes an upload apart, and complains about one that is too large', async (t) => {
  const upload = (bytes: number) => {
    const form = new FormData()
    form.set('name', 'Ada')
    form.set('picture', new Blob([new Uint8Array(bytes)], { type: 'image/png' }), 'garden.png')
    return fetch(`${server.url}/shop/upload`, {
      method: 'POST',
      body: form,
      headers: { Accept: 'application/json' },
    })
  }
  const taken = await upload(300_000)
  t.equal(taken.status, 201)
  t.match(await taken.json(), { from: 'Ada', file: 'garden.png', type: 'image/png', size: 300_000 })
  t.equal((await upload(5 * 1024 * 1024 + 1)).status, 400)
  t.match(await (await fetch(`${server.url}/shop`)).text(), /action="\/shop\/upload"/)
})

t.test('Koa sees its own path and the client’s, Hono streams, and node:http echoes', async (t) => {
  t.match(await json('/koa?q=1'), { path: '/', originalUrl: '/koa?q=1' })
  t.match(await (await fetch(`${server.url}/hono/count`)).text(), /^1 of 5\n[^]*5 of 5\n$/)
  const echo = await fetch(`${server.url}/classic/echo`, { method: 'POST', body: 'hello' })
  t.equal(await echo.text(), 'hello')
})

for (const deed of ['crash', 'exit', 'memory']) {
  t.test(`${deed}: the request gets 502, the next one a new worker, the others notice nothing`, async (t) => {
    const before = await json('/trouble/alive')
    const bystander = await json('/classic/alive')
    t.equal((await fetch(`${server.url}/trouble/${deed}`, { method: 'POST' })).status, 502)
    t.not((await json('/trouble/alive')).worker, before.worker)
    t.same(await json('/classic/alive'), bystander)
  })
}

t.test('hang: the other applications answer while it lasts', async (t) => {
  let over = false
  const hanging = fetch(`${server.url}/trouble/hang?seconds=2`, { method: 'POST' }).then((response) => {
    over = true
    return response.text()
  })
  for (const path of [
    '/api/alive',
    '/shop/alive',
    '/koa/alive',
    '/hono/alive',
    '/classic/alive',
    '/files/hello.txt',
  ]) {
    t.equal((await fetch(server.url + path)).status, 200, path)
  }
  t.notOk(over, 'they did not wait for it')
  t.match(await hanging, /is back/)
})

t.test('a deed is done on POST only, so that nobody does it by following a link', async (t) => {
  const response = await fetch(`${server.url}/trouble/crash`)
  t.equal(response.status, 405)
  t.equal(response.headers.get('allow'), 'POST')
})

t.test('each commented line of its pipeline works when the slashes are taken away', async (t) => {
  const text = await sample(logs)
  const lines = text.match(/^ *\/\/ "(?:validate|cache|log)": .*$/gm) ?? []
  t.equal(lines.length, 3)
  const second = await startServer(
    await sample(logs, `"pipeline": { ${lines.join('\n').replaceAll('//', '')}\n`),
  )
  t.teardown(() => second.stop())
  t.equal((await fetch(`${second.url}/api/books`)).status, 200)
  for (const name of ['maintenance', 'cache-map', 'log-json-lines'])
    t.match(second.output(), new RegExp(`Module "${name}" runs in the listener`))
})
