/** The worker's integrated pipeline over a real socket: modules of an application, their events, and what they cost. */
import t from 'tap'
import { oneSite, startServer, type TestServer } from '../harness/server.js'
import { endAndReadLog } from '../harness/site-log.js'

const RECORDER = `
import { defineModule } from 'webgarden'
const events = ['beginRequest', 'authenticate', 'authorize', 'resolveCache', 'mapHandler', 'acquireState', 'preExecute',
  'releaseState', 'updateCache', 'log', 'end']
export default defineModule({
  name: 'recorder',
  setup: () => {
    const seen = []
    const record = (event) => (ctx) => {
      seen.push(event)
      if (event === 'beginRequest') seen.splice(0, seen.length, event)
      if (event === 'log') ctx.appendLogParameter('seen=' + seen.length)
      return 'CONTINUE'
    }
    const module = Object.fromEntries(events.map((event) => [event, record(event)]))
    return { ...module, sendResponse: (ctx) => { ctx.response.setHeader('X-Seen', seen.join(' ')) } }
  },
})
`

const DOOR = `
import { defineModule } from 'webgarden'
export default defineModule({
  name: 'door',
  setup: () => ({
    authenticate(ctx) {
      const name = ctx.request.headers['x-name']
      if (name !== undefined) ctx.user = { name, type: 'Header' }
      return 'CONTINUE'
    },
    async authorize(ctx) {
      await null
      if (ctx.path === '/boom') throw new Error('the door fell off')
      if (ctx.user !== null || !ctx.path.startsWith('/private')) return 'CONTINUE'
      ctx.sendError(401, 2, 'nobody knows you')
      return 'FINISH'
    },
  }),
})
`

const APP = `export default (request, response) => {
  response.setHeader('Cache-Control', 'max-age=60')
  response.end('the application: ' + request.url)
}`

const start = (pool: object): Promise<TestServer> =>
  startServer(
    oneSite(
      [
        {
          path: '/',
          module: './app.mjs',
          modules: [
            { name: 'recorder', module: './recorder.mjs' },
            { name: 'door', module: './door.mjs' },
          ],
          handlers: [{ name: 'Files', path: '/files/*', verb: 'GET', type: 'static' }],
        },
        { path: '/bare', module: './app.mjs', modules: [{ clear: true }] },
        {
          path: '/guarded',
          module: './app.mjs',
          modules: [{ remove: 'recorder' }, { name: 'door', module: './door.mjs' }],
        },
      ],
      { applicationPoolDefaults: pool },
    ),
    {
      'app.mjs': APP,
      'recorder.mjs': RECORDER,
      'door.mjs': DOOR,
      'files/hello.txt': 'a file',
    },
  )

for (const isolation of ['thread', 'process']) {
  t.test(`${isolation}: a request passes all events, in their order`, async (t) => {
    const server = await start({ isolation })
    t.teardown(() => server.stop())

    const plain = await fetch(`${server.url}/`)
    t.equal(await plain.text(), 'the application: /')
    t.equal(
      plain.headers.get('x-seen'),
      'beginRequest authenticate authorize resolveCache mapHandler acquireState preExecute',
    )

    const file = await fetch(`${server.url}/files/hello.txt`)
    t.equal(await file.text(), 'a file', 'a mapped adapter handles it')
    t.equal(
      (await fetch(`${server.url}/files/hello.txt`, { method: 'POST' })).status,
      200,
      'another verb is the app',
    )

    const refused = await fetch(`${server.url}/private/1`)
    t.equal(refused.status, 401)
    t.match(await refused.text(), /401\.2 - Unauthorized[\s\S]*nobody knows you/, 'a local client sees why')
    t.equal((await fetch(`${server.url}/private/1`, { headers: { 'X-Name': 'ann' } })).status, 200)

    const broken = await fetch(`${server.url}/boom`)
    t.equal(broken.status, 500)
    t.match(await broken.text(), /the door fell off/)
    await server.printed(/Module "door" of application "Test\/" failed in authorize/)
    t.equal((await fetch(`${server.url}/`)).status, 200, 'the others go on')

    t.equal((await fetch(`${server.url}/bare/x`)).headers.get('x-seen'), null)
    t.equal((await fetch(`${server.url}/guarded/private`)).status, 401)

    const lines = await endAndReadLog(server)
    t.match(
      lines,
      / GET \/private\/1 seen=\d+ \d+ ann 127\.0\.0\.1 .* 200 0 0 /,
      'user and parameter are logged',
    )
    t.match(lines, / GET \/private\/1 seen=\d+ \d+ - 127\.0\.0\.1 .* 401 2 0 /, 'the sub-status too')
  })
}

t.test('the listener keeps no copies of what modules have let through', async (t) => {
  const server = await start({})
  t.teardown(() => server.stop())
  for (let i = 0; i < 3; i++) t.equal((await fetch(`${server.url}/`)).headers.get('age'), null)
  await fetch(`${server.url}/bare/`)
  t.equal((await fetch(`${server.url}/bare/`)).headers.get('age'), '0', 'without modules it does')
})
