/** A pool that recycles under a steady load of 64 keep-alive connections loses not one request: `npm run bench -- --only recycle`, in small. */
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { recycleUnderLoad, recyclingPool } from '../bench/recycle-under-load.js'
import { isolations } from '../harness/faults.js'
import { giveOrder, OBEYING } from '../harness/give-order.js'
import { oneSite, startServer } from '../harness/server.js'

const APPLICATION = fileURLToPath(new URL('../bench/apps/growing-app.js', import.meta.url))

for (const isolation of isolations) {
  t.test(`${isolation}: recycles by requests, memory and on demand lose nothing`, async (t) => {
    const { pool } = recyclingPool(8000)
    const server = await startServer(
      oneSite([{ path: '/', applicationPool: 'P', module: APPLICATION }], {
        applicationPools: [{ name: 'P', isolation, ...pool }],
      }),
      {},
      OBEYING,
    )
    t.teardown(() => server.stop())
    const { requests, failures, recycles } = await recycleUnderLoad(
      {
        url: server.url,
        output: () => server.output(),
        recycle: () => giveOrder(server.process, { order: 'recycle', pool: 'P' }),
      },
      {
        reasons: ['requests', 'memory', 'demand'],
        requests: 3000,
        recycles: 4,
        pause: 20,
        body: 'well',
        interrupted: new AbortController().signal,
      },
    )
    t.comment(`${requests} requests, ${JSON.stringify(recycles)}`)
    t.same(failures, {})
  })
}
