/** What a faulty module costs: one request and an event while it runs, the start when its options are wrong. */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { CLI, oneSite, startServer, writeFolder } from '../harness/server.js'
import { example } from './examples.js'

const files = { 'app.mjs': `export default (request, response) => response.end('served')` }
const failing = {
  name: 'failing-stage',
  module: fileURLToPath(new URL('./failing-stage.js', import.meta.url)),
}

const serverWith = (pipeline: Record<string, readonly string[]>) =>
  startServer(oneSite([{ path: '/', module: './app.mjs' }], { modules: [failing], pipeline }), files)

for (const slot of ['validate', 'route', 'queue', 'dispatch'] as const) {
  t.test(`a stage that throws in ${slot} costs its one request, and an event`, async (t) => {
    const server = await serverWith({ [slot]: ['failing-stage', slot] })
    t.teardown(() => server.stop())
    for (const path of ['/throw', '/reject']) {
      t.equal((await fetch(server.url + path)).status, 500)
      t.equal(await (await fetch(server.url)).text(), 'served')
    }
    await server.printed(new RegExp(`Module "failing-stage" failed in the ${slot} state; this one request`))
    await server.printed(/Error: rejected by a stage/)
  })
}

for (const slot of ['cache', 'log'] as const) {
  t.test(`a stage that throws in ${slot} costs an event, and not even its request`, async (t) => {
    const server = await serverWith({ [slot]: ['failing-stage', slot] })
    t.teardown(() => server.stop())
    t.equal(await (await fetch(`${server.url}/throw`)).text(), 'served')
    await server.printed(
      new RegExp(`Module "failing-stage" failed in the ${slot} state; the request went on`),
    )
    t.equal(await (await fetch(server.url)).text(), 'served')
  })
}

/** What a start with this configuration prints to its error output, and its exit code. */
const startOf = async (config: Record<string, unknown>) => {
  const folder = await writeFolder(config, files)
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [CLI, 'start', '--config', join(folder, 'applicationHost.json')],
    { encoding: 'utf8', cwd: folder, timeout: 60_000 },
  )
  rmSync(folder, { recursive: true, force: true })
  return { status, stderr, stdout }
}

t.test('a stage without the options it needs stops the start, with the place of the mistake', async (t) => {
  const { status, stderr, stdout } = await startOf(
    oneSite([{ path: '/', module: './app.mjs' }], {
      modules: [example('log-json-lines')],
      pipeline: { log: 'log-json-lines' },
    }),
  )
  t.equal(status, 2)
  t.match(stderr, /^applicationHost\.json:\d+:\d+: \/modules\/0\/options: .*"?file"?/m)
  t.notMatch(stdout, /ready/)
})

t.test('an option of the wrong kind, or one that does not exist, stops the start too', async (t) => {
  const { status, stderr } = await startOf(
    oneSite([{ path: '/', module: './app.mjs' }], {
      modules: [example('cache-map', { maxEntries: 0, maxEntires: 5 })],
      pipeline: { cache: 'cache-map' },
    }),
  )
  t.equal(status, 2)
  t.match(stderr, /^applicationHost\.json:\d+:\d+: \/modules\/0\/options\/maxEntries: /m)
  t.match(stderr, /^applicationHost\.json:\d+:\d+: \/modules\/0\/options.*maxEntires/m)
})

t.test('a module in a slot that it is not made for stops the start', async (t) => {
  const { status, stderr } = await startOf(
    oneSite([{ path: '/', module: './app.mjs' }], {
      modules: [example('cache-map')],
      pipeline: { log: 'cache-map' },
    }),
  )
  t.equal(status, 2)
  t.match(stderr, /^applicationHost\.json:\d+:\d+: \/pipeline\/log: .*"cache-map".*"cache".*"log"/m)
})
