/** The log stage of the examples, switched in for the standard one and beside it. */
import { mkdirSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { oneSite, startServer } from '../harness/server.js'
import { example } from './examples.js'

const application = { path: '/', module: './app.mjs' }
const files = {
  'app.mjs': `export default (request, response) => { response.statusCode = 201; response.end('made') }`,
}

/** What the log holds when the server has stopped: it lies outside of the server's folder, which is gone then. */
const linesAfter = async (
  config: Record<string, unknown>,
  ask: (url: string) => Promise<unknown>,
  dir: string,
) => {
  const server = await startServer(config, files)
  await ask(server.url)
  await server.stop()
  const text = await readFile(join(dir, 'requests.ndjson'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

t.test('each request is one line of JSON, complete when the server has stopped', async (t) => {
  const dir = t.testdir()
  const config = oneSite([application], {
    modules: [example('log-json-lines', { file: join(dir, 'requests.ndjson') })],
    pipeline: { log: 'log-json-lines' },
  })
  const lines = await linesAfter(
    config,
    async (url) => {
      for (let i = 0; i < 3; i++) await (await fetch(`${url}/a?number=${i}`)).text()
    },
    dir,
  )
  t.equal(lines.length, 3)
  t.match(lines[2], {
    client: '127.0.0.1',
    method: 'GET',
    target: '/a?number=2',
    site: 'Test',
    application: '/',
    status: 201,
    fromCache: false,
  })
  t.ok(Number(lines[0]?.bytesSent) > 4)
})

t.test('a refused request has its line too', async (t) => {
  const dir = t.testdir()
  const config = oneSite([application], {
    modules: [example('log-json-lines', { file: join(dir, 'requests.ndjson') })],
    pipeline: { log: 'log-json-lines' },
  })
  const lines = await linesAfter(config, async (url) => (await fetch(`${url}/a%00b`)).text(), dir)
  t.match(lines, [{ target: '/a%00b', status: 400, error: 'BAD_URL' }])
})

t.test('it runs beside the standard log, in the order of the list', async (t) => {
  const dir = t.testdir()
  const config = oneSite([application], {
    modules: [example('log-json-lines', { file: join(dir, 'requests.ndjson') })],
    pipeline: { log: ['log', 'log-json-lines'] },
    siteDefaults: { logFile: { directory: join(dir, 'logs') } },
  })
  const lines = await linesAfter(config, async (url) => (await fetch(url)).text(), dir)
  t.equal(lines.length, 1)
  const [w3c] = await readdir(join(dir, 'logs', 'W3SVC1'))
  t.match(await readFile(join(dir, 'logs', 'W3SVC1', String(w3c)), 'utf8'), / GET \/ .* 201 /)
})

t.test('a log that cannot be written costs an event, not requests', async (t) => {
  const dir = t.testdir()
  mkdirSync(join(dir, 'requests.ndjson'))
  const server = await startServer(
    oneSite([application], {
      modules: [example('log-json-lines', { file: join(dir, 'requests.ndjson') })],
      pipeline: { log: 'log-json-lines' },
    }),
    files,
  )
  await server.printed(/requests\.ndjson cannot be written any more: EISDIR/)
  t.equal((await fetch(server.url)).status, 201)
  t.equal((await fetch(server.url)).status, 201)
  t.equal(await server.stop(), 0)
})
