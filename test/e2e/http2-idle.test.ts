/** Silence on HTTP/2 connections: whose fault it is decides what becomes of them. */
import { once } from 'node:events'
import t from 'tap'
import { http2Client } from '../harness/http2-client.js'
import { startServer, type TestServer } from '../harness/server.js'

const APP = `
export default (request, response) => {
  if (request.url === '/events') {
    response.write('first')
    setTimeout(() => response.end(' last'), 2500)
  } else if (request.url === '/late') setTimeout(() => response.end('late'), 2500)
  else if (request.url === '/much') response.end(Buffer.alloc(5_000_000))
  else request.resume().on('end', () => response.end('fine'))
}`

let server: TestServer

t.before(async () => {
  server = await startServer(
    {
      sites: [
        {
          name: 'H2',
          bindings: [{ bindingInformation: '127.0.0.1:0:', http2: true }],
          applications: [{ path: '/', module: './app.mjs' }],
        },
      ],
      siteDefaults: { limits: { connectionTimeout: '00:00:01' } },
    },
    { 'app.mjs': APP },
  )
})
t.teardown(() => server.stop())

const connect = () => http2Client(`http://127.0.0.1:${server.port}`, 'x')

t.test('an idle connection is closed', async (t) => {
  const client = connect()
  t.equal((await client.ask('/')).text, 'fine')
  await once(client.session, 'close')
})

t.test('an application may be silent for longer, before its answer and within it', async (t) => {
  const client = connect()
  const [events, late] = await Promise.all([client.ask('/events'), client.ask('/late')])
  t.equal(events.text, 'first last')
  t.equal(late.text, 'late')
  client.session.close()
})

t.test('a client that owes the rest of a body, or does not read, is cut off', async (t) => {
  const owing = connect()
  owing.open('/', { ':method': 'POST' }, false).write('half')
  const slow = connect()
  slow.open('/much').pause()
  await Promise.all([once(owing.session, 'close'), once(slow.session, 'close')])
  t.pass('both are gone')
})
