/** Workers that hang, fail again and again or grow old, as the clients of the built server see it: threads and processes. */
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { startServer, type TestServer } from '../harness/server.js'

const APPLICATION = `
export default (request, response) => {
  if (request.url === '/spin') for (;;);
  if (request.url === '/crash') process.exit(3)
  response.end('well')
}
`

const start = (
  isolation: string,
  pool: Record<string, unknown>,
  application = APPLICATION,
): Promise<TestServer> =>
  startServer(
    {
      applicationPoolDefaults: { isolation },
      applicationPools: [{ name: 'P', ...pool }],
      sites: [
        {
          name: 'Test',
          bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
          applications: [{ path: '/', applicationPool: 'P', module: './app.mjs' }],
        },
      ],
    },
    { 'app.mjs': application },
  )

const text = async (url: string): Promise<string> => (await fetch(url)).text()

for (const isolation of ['thread', 'process']) {
  t.test(
    `${isolation}: an endless loop is found from outside and its worker replaced; who waited is answered`,
    async (t) => {
      const server = await start(isolation, {
        concurrentRequests: 1,
        processModel: { pingInterval: '1s', pingResponseTime: '1s' },
      })
      t.teardown(() => server.stop())
      t.equal(await text(`${server.url}/`), 'well')
      const victim = await rawClient(server.port)
      victim.send(get('/spin'))
      const waiting = text(`${server.url}/`)
      t.same(await victim.ended(), { how: 'reset', text: '' })
      t.equal(await waiting, 'well')
      await server.printed(/5010.*has not answered a ping within 1 s/)
    },
  )

  t.test(`${isolation}: a pool whose workers fail again and again is disabled, and says so`, async (t) => {
    const server = await start(isolation, { failure: { rapidFailProtectionMaxCrashes: 2 } })
    t.teardown(() => server.stop())
    for (let round = 0; round < 2; round++) {
      const victim = await rawClient(server.port)
      victim.send(get('/crash'))
      t.match(await victim.ended(), { how: 'reset' })
    }
    await server.printed(/5002.*is disabled/)
    t.equal((await fetch(server.url)).status, 503)
  })

  t.test(`${isolation}: recycles by request count under a steady load lose not one request`, async (t) => {
    const server = await start(isolation, { recycling: { periodicRestart: { requests: 500 } } })
    t.teardown(() => server.stop())
    let left = 3000
    const answers = new Map<string, number>()
    const client = async (): Promise<void> => {
      while (left-- > 0) {
        const answer = await text(server.url).catch(String)
        answers.set(answer, (answers.get(answer) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: 64 }, client))
    t.same([...answers], [['well', 3000]])
    t.ok(server.output().split('5075').length > 2, 'there were recycles')
  })
}
