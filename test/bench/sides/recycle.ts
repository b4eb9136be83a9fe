/** What clients miss while a pool recycles for every reason under a steady load: nothing. */
import { giveOrder, OBEYING } from '../../harness/give-order.js'
import { ask } from '../ask.js'
import type { Figure } from '../figures.js'
import { allReasons, recycleUnderLoad, recyclingPool } from '../recycle-under-load.js'
import { applicationFile, oneSite, startWebgarden } from '../webgarden.js'
import type { Side } from './side.js'

/** The proof, and its scale where only a smoke test is asked for. */
const WHOLE = { requests: 200_000, recycles: 20 }
const SMOKE = { requests: 5_000, recycles: 4 }

/** After which a worker is replaced. */
const REQUESTS = 50_000

const recycleSide = (isolation: 'thread' | 'process', figure: Figure): Side => ({
  title: `recycles of a ${isolation} pool under load`,
  figures: [figure],
  measure: async (run) => {
    const { pool, nodeFlags } = recyclingPool(REQUESTS)
    const server = await startWebgarden(
      run,
      {
        applicationPools: [{ name: 'Api', isolation, ...pool }],
        sites: [
          oneSite([
            { applicationPool: 'Api', module: applicationFile('growing-app'), caching: { enabled: false } },
          ]),
        ],
      },
      [...OBEYING, ...nodeFlags],
    )
    try {
      await ask({ url: `${server.url}/` })
      const { requests, failures, recycles } = await recycleUnderLoad(
        {
          url: server.url,
          output: () => server.output(),
          recycle: () => giveOrder(server.process, { order: 'recycle', pool: 'Api' }),
        },
        { ...(run.isSmoke ? SMOKE : WHOLE), reasons: allReasons, body: 'well', interrupted: run.interrupted },
      )
      const list = Object.entries(recycles).map(([reason, count]) => `${reason} ${count}`)
      console.error(`${requests.toLocaleString('en-US')} requests, recycles: ${list.join(', ')}`)
      const kinds = Object.entries(failures).map(([kind, count]) => `${kind}: ${count}`)
      if (kinds.length > 0) throw new Error(`of ${requests} requests were lost: ${kinds.join(', ')}`)
      return { [figure]: 0 }
    } finally {
      await server.stop()
    }
  },
})

export const recycleThreads = recycleSide('thread', 'recycle.thread')
export const recycleProcesses = recycleSide('process', 'recycle.process')
