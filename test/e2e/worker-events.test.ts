/** What an application hears of its worker and says to it, in the built server. */
import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Makes `import 'webgarden/worker'` work in the folder; an application is loaded with its first request only. */
const install = async (folder: string): Promise<void> => {
  await mkdir(join(folder, 'node_modules'), { recursive: true })
  await symlink(ROOT, join(folder, 'node_modules', 'webgarden'))
}

/** Writes down what it hears; answers `/slow` when it has heard of the end. */
const body = (log: string): string => `
const write = (line) => appendFileSync(${log}, line + '\\n')
let heard
const draining = new Promise((resolve) => (heard = resolve))
worker.signal.addEventListener('abort', () => write('signal ' + worker.signal.reason.message))
worker.on('drain', async ({ deadline, reason }) => {
  write('drain ' + (deadline > Date.now()) + ' ' + reason)
  heard()
  await new Promise((resolve) => setTimeout(resolve, 100))
  write('drain is done')
})
worker.on('close', async () => {
  await new Promise((resolve) => setTimeout(resolve, 100))
  write('closed')
})
const handle = (request, response) => {
  if (request.url === '/unhealthy') worker.reportUnhealthy('the database is gone')
  if (request.url !== '/slow') return response.end(JSON.stringify(worker))
  draining.then(() => setTimeout(() => { write('answered'); response.end('late') }, 50))
}
`

const HEARD = [
  'signal Worker 1 of pool "DefaultAppPool" drains: worker 2 replaces it',
  'drain true worker 2 replaces it',
  'answered',
  'drain is done',
  'closed',
  '',
]

const ways: Record<string, { file: string; source: (log: string) => string }> = {
  'import, ESM': {
    file: 'app.mjs',
    source: (log) => `import { appendFileSync } from 'node:fs'
import { worker } from 'webgarden/worker'
${body(log)}
export default handle`,
  },
  'require, CommonJS': {
    file: 'app.cjs',
    source: (log) => `const { appendFileSync } = require('node:fs')
const { worker } = require('webgarden/worker')
${body(log)}
module.exports = handle`,
  },
  'without the package': {
    file: 'app.cjs',
    source: (log) => `const { appendFileSync } = require('node:fs')
const worker = globalThis[Symbol.for('webgarden.worker')]
${body(log)}
module.exports = handle`,
  },
}

for (const [name, { file, source }] of Object.entries(ways)) {
  t.test(
    `an application that is not well is replaced; it hears of it, and is waited for: ${name}`,
    async (t) => {
      const log = join(t.testdir({}), 'heard')
      const server = await startServer(
        oneSite([{ path: '/', module: `./app/${file}` }], {
          applicationPools: [{ name: 'DefaultAppPool', processModel: { pingInterval: '1s' } }],
        }),
        { [`app/${file}`]: source(JSON.stringify(log)) },
      )
      t.teardown(() => server.stop())
      if (name !== 'without the package') await install(join(server.folder, 'app'))
      t.match(await (await fetch(server.url)).json(), { isHosted: true, id: 1, pool: 'DefaultAppPool' })
      const client = await rawClient(server.port)
      client.send(get('/slow'))
      await fetch(`${server.url}/unhealthy`)
      await server.printed(/2262.*reported itself unhealthy.*the database is gone/)
      await server.printed(/5078.*Worker 1 of pool "DefaultAppPool" is recycled/)
      await client.until(/late/)
      await server.printed(/Worker 1 of pool "DefaultAppPool" has ended: worker 2 replaces it/)
      t.same((await readFile(log, 'utf8')).split('\n'), HEARD)
      t.match(await (await fetch(server.url)).json(), { id: 2 })
    },
  )
}

for (const pipeline of [{ queue: ['queue', 'slow-stage'] }, { dispatch: ['slow-stage', 'dispatch'] }]) {
  t.test(`no drain overtakes a request that a slow stage holds: ${JSON.stringify(pipeline)}`, async (t) => {
    const slow = fileURLToPath(new URL('../plugins-example/slow-stage.js', import.meta.url))
    const server = await startServer(
      oneSite([{ path: '/', module: './app.mjs' }], {
        modules: [{ name: 'slow-stage', module: slow }],
        pipeline,
        applicationPools: [{ name: 'DefaultAppPool', recycling: { periodicRestart: { requests: 5 } } }],
      }),
      { 'app.mjs': `export default (request, response) => response.end('well')` },
    )
    t.teardown(() => server.stop())
    const answers = new Set<string>()
    while (server.output().split('has ended').length <= 3) {
      const round = Array.from({ length: 10 }, async () => (await fetch(server.url)).text())
      for (const answer of await Promise.all(round)) answers.add(answer)
    }
    t.same([...answers], ['well'])
  })
}

t.test('the import is harmless in a plain program', async (t) => {
  const folder = t.testdir({})
  await install(folder)
  const source = `const { worker } = require('webgarden/worker')
worker.on('drain', () => console.log('never'))
worker.reportUnhealthy('nobody hears')
console.log(worker.isHosted, worker.id, worker.pool === '', worker.signal.aborted)`
  await writeFile(join(folder, 'app.cjs'), source)
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(folder, 'app.cjs')])
  t.equal(stdout, 'false 0 true false\n')
  t.equal(stderr, '')
})
