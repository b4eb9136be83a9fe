/** Each fault of an application as a user would meet it, whatever its workers run in. */
import t from 'tap'
import { get, rawClient } from '../harness/raw-client.js'
import { startServer, type TestServer } from '../harness/server.js'

const TROUBLE = `
import { createServer } from 'node:http'
const server = createServer((request, response) => {
  switch (request.url) {
    case '/throw': throw new Error('thrown in a handler')
    case '/reject': void Promise.reject(new Error('rejected in a handler')); return
    case '/exit': process.exit(3)
    case '/spin': for (;;);
    case '/memory': { const all = []; for (;;) all.push(new Array(100000).fill(Math.random())) }
    case '/never': return
    case '/begin': response.write('half'); setImmediate(() => process.exit(4)); return
    default: response.end('trouble answers')
  }
})
server.listen(process.env.PORT)
`
const CALM = `export default (request, response) => response.end('calm')`

const start = (isolation: string, pool: Record<string, unknown> = {}): Promise<TestServer> =>
  startServer(
    {
      applicationPoolDefaults: { isolation },
      applicationPools: [{ name: 'Trouble', ...pool }, { name: 'Calm' }],
      sites: [
        {
          name: 'Test',
          bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
          applications: [
            { path: '/', applicationPool: 'Calm', module: './calm.mjs' },
            { path: '/t', applicationPool: 'Trouble', module: './trouble.mjs' },
          ],
        },
      ],
    },
    { 'trouble.mjs': TROUBLE, 'calm.mjs': CALM },
  )

const text = async (url: string): Promise<string> => (await fetch(url)).text()

export const isolationFaults = (isolation: 'thread' | 'process'): void => {
  for (const [fault, path, evidence] of [
    ['an uncaught exception', '/t/throw', /5009.*thrown in a handler/],
    ['an unhandled rejection', '/t/reject', /5009.*rejected in a handler/],
    ['process.exit', '/t/exit', /5009.*process\.exit\(3\)/],
    ['running out of memory', '/t/memory', /5009.*memory limit/],
  ] as const) {
    t.test(`${isolation}: ${fault} resets its own client, and nobody else notices`, async (t) => {
      const server = await start(isolation, { resourceLimits: { maxOldGenerationSizeMb: 32 } })
      t.teardown(() => server.stop())
      t.equal(await text(`${server.url}/`), 'calm')
      t.equal(await text(`${server.url}/t/`), 'trouble answers')
      const victim = await rawClient(server.port)
      victim.send(get(path))
      const calm = Promise.all(Array.from({ length: 20 }, () => text(`${server.url}/`)))
      t.same(await victim.ended(), { how: 'reset', text: '' })
      t.same(new Set(await calm), new Set(['calm']))
      await server.printed(evidence)
      t.equal(await text(`${server.url}/t/`), 'trouble answers', 'the next request starts a new worker')
      t.equal(await text(`${server.url}/`), 'calm')
    })
  }

  t.test(
    `${isolation}: an endless loop holds up its own pool only; its requests are queued or wait, others go on`,
    async (t) => {
      const server = await start(isolation, { processModel: { shutdownTimeLimit: '1s' } })
      t.teardown(() => server.stop())
      t.equal(await text(`${server.url}/t/`), 'trouble answers')
      const victim = await rawClient(server.port)
      victim.send(get('/t/spin'))
      for (let i = 0; i < 20; i++) t.equal(await text(`${server.url}/`), 'calm')
      victim.socket.destroy()
    },
  )

  t.test(
    `${isolation}: a crash in the middle of a response cuts that response, so that half does not look like a whole`,
    async (t) => {
      const server = await start(isolation)
      t.teardown(() => server.stop())
      const victim = await rawClient(server.port)
      victim.send(get('/t/begin'))
      const { how, text: received } = await victim.ended()
      t.equal(how, 'reset')
      t.notMatch(received, /\r\n0\r\n\r\n$/, 'no end of a chunked body')
    },
  )

  t.test(`${isolation}: inFlight "502" answers instead of a reset`, async (t) => {
    const server = await start(isolation, { failure: { inFlight: '502' } })
    t.teardown(() => server.stop())
    const response = await fetch(`${server.url}/t/exit`)
    t.equal(response.status, 502)
    t.equal(await text(`${server.url}/t/`), 'trouble answers')
  })

  t.test(
    `${isolation}: requests that no worker has taken survive a crash and go to the new worker`,
    async (t) => {
      const server = await start(isolation, { concurrentRequests: 1 })
      t.teardown(() => server.stop())
      t.equal(await text(`${server.url}/t/`), 'trouble answers')
      const holder = await rawClient(server.port)
      holder.send(get('/t/never'))
      const waiting = Array.from({ length: 5 }, () => text(`${server.url}/t/`))
      const exit = await rawClient(server.port)
      exit.send(get('/t/exit'))
      // The only credit is with the request that is never answered: everything else waits until its client goes.
      holder.socket.destroy()
      t.equal((await exit.ended()).how, 'reset')
      t.same(new Set(await Promise.all(waiting)), new Set(['trouble answers']))
    },
  )

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
          applicationPools: [{ name: 'P', processModel: { startupTimeLimit: '2s' } }],
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
