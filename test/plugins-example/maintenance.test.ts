/** The stage of the examples that is put before `validate`. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { oneSite, startServer } from '../harness/server.js'
import { example } from './examples.js'

const files = { 'app.mjs': `export default (request, response) => response.end('open')` }

t.test('everything is answered 503 while the file exists, and nothing before or after', async (t) => {
  const server = await startServer(
    oneSite([{ path: '/', module: './app.mjs' }], {
      modules: [example('maintenance', { file: 'closed.flag', retryAfter: 30, lookEvery: 0 })],
      pipeline: { validate: ['maintenance', 'validate'] },
    }),
    files,
  )
  t.teardown(() => server.stop())
  t.equal(await (await fetch(server.url)).text(), 'open')
  writeFileSync(join(server.folder, 'closed.flag'), '')
  const closed = await fetch(server.url, { method: 'POST', body: 'order' })
  t.equal(closed.status, 503)
  t.equal(closed.headers.get('retry-after'), '30')
  t.match(await closed.text(), /Back soon/)
  rmSync(join(server.folder, 'closed.flag'))
  t.equal(await (await fetch(server.url)).text(), 'open')
  t.equal((await fetch(`${server.url}/a%00b`)).status, 400, 'the standard stage still runs behind it')
})

t.test('the administrator is told that the module runs in the listener', async (t) => {
  const server = await startServer(
    oneSite([{ path: '/', module: './app.mjs' }], {
      modules: [example('maintenance', { file: 'closed.flag' })],
      pipeline: { validate: ['maintenance', 'validate'] },
    }),
    files,
  )
  t.teardown(() => server.stop())
  t.match(server.output(), /Module "maintenance" runs in the listener, in the validate state/)
})
