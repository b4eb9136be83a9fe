/** Workers and applications that do not come up, as their clients see it: threads and processes. */
import t from 'tap'
import { isolations } from '../harness/faults.js'
import { startServer } from '../harness/server.js'

const CALM = `export default (request, response) => response.end('calm')`

const text = async (url: string): Promise<string> => (await fetch(url)).text()

for (const isolation of isolations) {
  t.test(
    `${isolation}: a worker that dies before it is ready gives 503 to those who wait, once, and does not turn in circles`,
    async (t) => {
      const server = await startServer(
        {
          applicationPoolDefaults: { isolation },
          sites: [
            {
              name: 'Test',
              bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
              applications: [{ path: '/', module: './app.mjs' }],
            },
          ],
        },
        { 'app.mjs': 'process.exit(7)' },
      )
      t.teardown(() => server.stop())
      const statuses = await Promise.all([1, 2, 3].map(async () => (await fetch(server.url)).status))
      t.same(new Set(statuses), new Set([503]))
      await server.printed(/5022.*process\.exit\(7\)/)
      t.equal(server.output().match(/ 5022 /g)?.length, 1, 'one start for three requests')
      t.equal((await fetch(server.url)).status, 503)
      await server.printed(/ 5022 [^]* 5022 /)
      t.notMatch(server.output(), /Worker 3 /, 'only a new request is a new attempt')
    },
  )

  t.test(`${isolation}: a start that takes too long is killed, and its clients get 503`, async (t) => {
    const server = await startServer(
      {
        applicationPoolDefaults: { isolation },
        applicationPools: [{ name: 'Slow', processModel: { startupTimeLimit: '1s' } }],
        sites: [
          {
            name: 'Test',
            bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
            applications: [{ path: '/', applicationPool: 'Slow', module: './app.mjs' }],
          },
        ],
      },
      { 'app.mjs': 'for (;;);' },
    )
    t.teardown(() => server.stop())
    t.equal((await fetch(server.url)).status, 503)
    await server.printed(/5012/)
  })

  t.test(
    `${isolation}: an application that fails to load gives 503 with the reason in the event log; its neighbours in the pool answer`,
    async (t) => {
      const server = await startServer(
        {
          applicationPoolDefaults: { isolation },
          applicationPools: [{ name: 'P', processModel: { startupTimeLimit: '5s' } }],
          sites: [
            {
              name: 'Test',
              bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
              applications: [
                { path: '/throws', applicationPool: 'P', module: './throws.mjs' },
                { path: '/nothing', applicationPool: 'P', module: './nothing.mjs' },
                { path: '/syntax', applicationPool: 'P', module: './syntax.cjs' },
                { path: '/good', applicationPool: 'P', module: './calm.mjs' },
              ],
            },
          ],
        },
        {
          'throws.mjs': `throw new Error('no database today')`,
          'nothing.mjs': `export const answer = 42`,
          'syntax.cjs': `const = 3`,
          'calm.mjs': CALM,
        },
      )
      t.teardown(() => server.stop())
      t.equal((await fetch(`${server.url}/throws`)).status, 503)
      await server.printed(/2299.*\/throws.*no database today[\s\S]*throws\.mjs:1/)
      t.equal((await fetch(`${server.url}/syntax`)).status, 503)
      await server.printed(/2299.*\/syntax/)
      t.equal(await text(`${server.url}/good`), 'calm')
      t.equal((await fetch(`${server.url}/nothing`)).status, 503)
      await server.printed(/2299.*\/nothing.*exports nothing that can answer requests/)
      t.equal(await text(`${server.url}/good`), 'calm')
    },
  )
}
