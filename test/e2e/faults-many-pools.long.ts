/** What a server holds on to after workers have come and gone: nothing. */
import t from 'tap'
import { becomes, descriptorsOf, memoryOf, threadsOf } from '../harness/descriptors.js'
import { isolations, text } from '../harness/faults.js'
import { giveOrder, OBEYING } from '../harness/give-order.js'
import { startServer, type TestServer } from '../harness/server.js'

/** Megabytes that memory may grow while nothing is kept: what V8 has not given back yet. One worker alone has more. */
const SLACK = 60

/** What is opened once, but perhaps only later: a log file, the guardian of processes. A leak would be one for each pool. */
const ONCE = 4

const APPLICATION = `export default (request, response) => response.end('well')`

const useInTurn = async (server: TestServer, from: number, to: number): Promise<void> => {
  for (let number = from; number < to; number++) {
    const pool = `P${number}`
    await giveOrder(server.process, { order: 'start', pool })
    t.equal(await text(`${server.url}/${number}`), 'well')
    await giveOrder(server.process, { order: 'stop', pool })
  }
}

for (const isolation of isolations) {
  const count = isolation === 'thread' ? 200 : 20
  const first = count / 10
  t.test(
    `${isolation}: ${count} pools used in turn leave no thread, descriptor or memory behind`,
    async (t) => {
      const numbers = Array.from({ length: count }, (_value, index) => index)
      const server = await startServer(
        {
          applicationPoolDefaults: { isolation, autoStart: false },
          applicationPools: numbers.map((number) => ({ name: `P${number}` })),
          sites: [
            {
              name: 'Test',
              bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
              applications: numbers.map((number) => ({
                path: `/${number}`,
                applicationPool: `P${number}`,
                module: './app.mjs',
              })),
            },
          ],
          eventLog: { level: 'warning' },
        },
        { 'app.mjs': APPLICATION },
        OBEYING,
      )
      t.teardown(() => server.stop())
      // What is made once, such as node's pool of threads and compiled code, is there after the first ones.
      await useInTurn(server, 0, first)
      const [threads, descriptors, memory] = [threadsOf(server), descriptorsOf(server), memoryOf(server)]
      await useInTurn(server, first, count)
      await becomes(() => threadsOf(server) <= threads + ONCE && descriptorsOf(server) <= descriptors + ONCE)
      const grown = memoryOf(server) - memory
      t.comment(`${Math.round(memory)} MB, ${Math.round(grown)} MB more after the others`)
      t.ok(grown < SLACK, `${Math.round(grown)} MB more`)
    },
  )

  t.test(
    `${isolation}: an idle worker leaves nothing behind, and the next request starts another`,
    async (t) => {
      const server = await startServer(
        {
          applicationPoolDefaults: { isolation, processModel: { idleTimeout: '1s' } },
          sites: [
            {
              name: 'Test',
              bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
              applications: [{ path: '/', module: './app.mjs' }],
            },
          ],
        },
        { 'app.mjs': APPLICATION },
      )
      t.teardown(() => server.stop())
      t.equal(await text(server.url), 'well')
      await server.printed(/ 5186 .*Worker 1 .*no request for 1 s/)
      await server.printed(/Worker 1 .*has ended: it was idle/)
      const [threads, descriptors] = [threadsOf(server), descriptorsOf(server)]
      t.equal(await text(server.url), 'well')
      await server.printed(/ 5186 .*Worker 2 .*no request for 1 s/)
      await server.printed(/Worker 2 .*has ended: it was idle/)
      await becomes(() => threadsOf(server) <= threads && descriptorsOf(server) <= descriptors)
    },
  )
}
