/** Warm-up in the built server: what applications see of it before any client's request. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startServer, type TestServer } from '../harness/server.js'

/** Writes down each request and whether it is a warm-up; `/fails`, `/throws` and `/hangs` do so. */
const application = (log: string): string => `
import { appendFileSync } from 'node:fs'
const { id } = globalThis[Symbol.for('webgarden.worker')]
export default (request, response) => {
  const { WARMUP_REQUEST, APP_WARMING_UP, URL } = request.serverVariables
  const line = [id, request.url, URL, request.headers.host, WARMUP_REQUEST, APP_WARMING_UP].join(' ')
  if (WARMUP_REQUEST) appendFileSync(${JSON.stringify(log)}, line + '\\n')
  if (request.url === '/throws') throw new Error('not ready for this')
  if (request.url === '/fails') return response.writeHead(500).end('no')
  if (request.url === '/hangs') return
  if (request.url === '/large') return response.end('x'.repeat(5_000_000))
  response.end(String(id))
}
`

const start = (log: string, warm: object, pool: object = {}): Promise<TestServer> =>
  startServer(
    {
      applicationPools: [{ name: 'P', ...pool }],
      sites: [
        {
          name: 'Test',
          bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
          applications: [
            { path: '/', applicationPool: 'P', module: './plain.mjs' },
            { path: '/app', applicationPool: 'P', module: './app.mjs', ...warm },
          ],
        },
      ],
    },
    {
      'app.mjs': application(log),
      'plain.mjs': `export default (request, response) => response.end('plain')`,
    },
  )

const pages = (...paths: string[]) => ({
  pages: paths.map((initializationPage) => ({ initializationPage })),
})

t.test(
  'a preloaded application is asked for its pages with the first start, and no log has it',
  async (t) => {
    const log = join(t.testdir({}), 'seen')
    const server = await start(log, {
      preloadEnabled: true,
      applicationInitialization: {
        pages: [
          { initializationPage: '/warm?all=1', hostName: 'shop.example' },
          { initializationPage: '/large' },
        ],
      },
    })
    t.equal(await (await fetch(server.url)).text(), 'plain', 'somebody asks for its neighbour')
    t.same((await readFile(log, 'utf8')).split('\n'), [
      '1 / /app/ localhost 1 1',
      '1 /warm?all=1 /app/warm shop.example 1 1',
      '1 /large /app/large localhost 1 1',
      '',
    ])
    t.equal(await (await fetch(`${server.url}/app/`)).text(), '1')
    server.process.kill('SIGTERM')
    await server.printed(/^stopped$/m)
    const folder = join(server.folder, 'logs', 'W3SVC1')
    const [file = ''] = await readdir(folder)
    const lines = (await readFile(join(folder, file), 'utf8')).split('\n')
    t.equal(lines.filter((line) => line.includes(' GET /')).length, 2)
    await server.stop()
  },
)

t.test('pages that fail are told, and do not keep the new worker from taking over', async (t) => {
  const log = join(t.testdir({}), 'seen')
  const server = await start(
    log,
    { applicationInitialization: pages('/fails', '/throws', '/warm') },
    { recycling: { periodicRestart: { requests: 2 } } },
  )
  t.teardown(() => server.stop())
  t.equal(await (await fetch(`${server.url}/app/`)).text(), '1')
  await t.rejects(readFile(log), 'the first start needs no warm-up')
  t.equal(await (await fetch(`${server.url}/app/`)).text(), '1')
  await server.printed(/Worker 1 of pool "P" has ended: worker 2 replaces it/)
  await server.printed(/"Test\/app" could not be warmed up with \/fails: it answered 500/)
  await server.printed(/could not be warmed up with \/throws: Error: not ready for this/)
  t.match(await readFile(log, 'utf8'), /^2 \/fails .*\n2 \/throws .*\n2 \/warm /)
  t.equal(await (await fetch(`${server.url}/app/`)).text(), '2')
})

t.test('a page that is never answered does not take the start longer than its limit', async (t) => {
  const log = join(t.testdir({}), 'seen')
  const server = await start(
    log,
    { applicationInitialization: { doAppInitAfterRestart: true, ...pages('/hangs') } },
    { processModel: { startupTimeLimit: '8s' } },
  )
  t.teardown(() => server.stop())
  t.equal(await (await fetch(`${server.url}/app/`)).text(), '1')
  await server.printed(/could not be warmed up with \/hangs: it had not answered when the time/)
})

t.test('what of it there is not is refused', async (t) => {
  const initialization = { applicationInitialization: { remapManagedRequestsTo: '/soon.html' } }
  await t.rejects(start('/nowhere', initialization), /"remapManagedRequestsTo" is not supported yet/)
})
