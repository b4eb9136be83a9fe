/** The end of the whole server: applications hear of it at once, requests are served meanwhile. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { isolations } from '../harness/faults.js'
import { get, rawClient } from '../harness/raw-client.js'
import { oneSite, startServer } from '../harness/server.js'

const APPLICATION = `
import { appendFileSync } from 'node:fs'
const worker = globalThis[Symbol.for('webgarden.worker')]
const log = process.env.HEARD
const write = (line) => appendFileSync(log, line + '\\n')
worker.on('drain', ({ deadline, reason }) => write('drain ' + (deadline - Date.now() > 20000) + ' ' + reason))
worker.on('close', () => write('close'))
export default (request, response) => {
  if (request.url === '/deaf') return response.write('deaf')
  if (request.url !== '/events') return setTimeout(() => response.end('slow'), 300)
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  response.write('data: first\\n\\n')
  worker.signal.addEventListener('abort', () => setTimeout(() => response.end('data: last\\n\\n'), 50))
}`

for (const isolation of isolations) {
  t.test(`open event streams hear of a stop at its beginning: ${isolation}`, async (t) => {
    const log = join(t.testdir({}), 'heard')
    const server = await startServer(
      oneSite([{ path: '/', module: './app.mjs' }], {
        applicationPools: [
          {
            name: 'DefaultAppPool',
            isolation,
            concurrentRequests: 2,
            environmentVariables: { HEARD: log },
            processModel: { shutdownTimeLimit: '30s' },
          },
        ],
      }),
      { 'app.mjs': APPLICATION },
    )
    t.teardown(() => server.stop())
    const stream = await rawClient(server.port)
    stream.send(get('/events'))
    await stream.until(/first/)
    const others = []
    for (let i = 0; i < 3; i++) {
      const client = await rawClient(server.port)
      client.send(get(`/slow?first=${i}`))
      others.push(client)
    }
    for (const client of others) await client.until(/slow$/)
    // One of them has the last credit, the others wait.
    for (const [i, client] of others.entries()) client.send(get(`/slow?second=${i}`))
    // What was sent after them has been answered: the listener has them.
    const afterwards = await rawClient(server.port)
    afterwards.send('GET / HTTP/9.9\r\n\r\n')
    await afterwards.ended()
    const begun = performance.now()
    t.equal(await server.stop(), 0)
    t.ok(performance.now() - begun < 20_000, 'long before shutdownTimeLimit')
    t.match(
      (await stream.ended()).text,
      /first[^]*last[^]*0\r\n\r\n$/,
      'the stream ends as the application ends it',
    )
    for (const client of others)
      t.match(
        (await client.ended()).text,
        /slow[^]*200 OK[^]*slow/,
        'requests that were taken or waited are answered',
      )
    t.same(
      (await readFile(log, 'utf8')).split('\n'),
      ['drain true the server stops', 'close', ''],
      'once each',
    )
  })
}

t.test(
  'a stream that does not heed it is cut before the limit, and the application still closes',
  async (t) => {
    const log = join(t.testdir({}), 'heard')
    const server = await startServer(
      oneSite([{ path: '/', module: './app.mjs' }], {
        applicationPools: [
          {
            name: 'DefaultAppPool',
            environmentVariables: { HEARD: log },
            processModel: { shutdownTimeLimit: '2s' },
          },
        ],
      }),
      { 'app.mjs': APPLICATION },
    )
    t.teardown(() => server.stop())
    const stream = await rawClient(server.port)
    stream.send(get('/deaf'))
    await stream.until(/deaf/)
    t.equal(await server.stop(), 0)
    await stream.ended()
    t.notMatch(server.output(), /5013/)
    t.match(await readFile(log, 'utf8'), /close/)
  },
)
