/** The custom log of the examples: requests that can be asked for with SQL, hits of the cache among them. */
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { oneSite, startServer, writeFolder } from '../harness/server.js'
import { example } from './examples.js'

const files = {
  'app.mjs': `export default (request, response) => {
    response.setHeader('Cache-Control', 'max-age=60')
    response.end('made')
  }`,
}
const configOf = (options: Record<string, unknown>) =>
  oneSite([{ path: '/', module: './app.mjs' }], {
    modules: [example('log-sqlite', options)],
    pipeline: { log: ['log', 'log-sqlite'] },
  })

t.test('each request is a row when the server has stopped, and old ones are gone', async (t) => {
  const file = join(t.testdir(), 'requests.sqlite')
  const server = await startServer(configOf({ file }), files)
  const before = new Sqlite(file)
  before.exec("insert into requests (at, path) values (0, '/old')")
  before.close()
  for (const path of ['/a', '/a', '/b?x=1'])
    await (await fetch(server.url + path, { headers: { 'User-Agent': 'tester' } })).text()
  const database = new Sqlite(file)
  const isOldGone = () => database.prepare("select 1 from requests where path = '/old'").get() === undefined
  while (!isOldGone()) await new Promise((resolve) => setTimeout(resolve, 50))
  t.equal(await server.stop(), 0)
  t.same(
    database.prepare('select site, method, path, status, cacheHit, agent, referer from requests').all(),
    [0, 1, 0].map((cacheHit, index) => ({
      site: 'Test',
      method: 'GET',
      path: ['/a', '/a', '/b'][index],
      status: 200,
      cacheHit,
      agent: 'tester',
      referer: null,
    })),
  )
  database.close()
})

t.test('wrong options are told with their place', async (t) => {
  const ran = await webgarden(await writeFolder(configOf({ days: 0 }), files), 'check')
  t.equal(ran.code, 2)
  t.match(ran.stderr, /:\d+:\d+: \/modules\/0\/options: "file" is missing/)
  t.match(ran.stderr, /:\d+:\d+: \/modules\/0\/options\/days: must be/)
})
