/** How quickly pool B answers while the thread of pool A is in an endless loop. */
import { request } from 'node:http'
import { ask } from '../ask.js'
import { driveRate } from '../drive-rate.js'
import { measureRate } from '../measure-rate.js'
import { processFactsKnown, processorUse } from '../process-facts.js'
import type { Run } from '../run.js'
import { applicationFile, oneSite, startWebgarden } from '../webgarden.js'
import type { Side } from './side.js'

/** A server that is asked nothing and uses this much of a processor has a thread that spins. */
const SPINNING = 0.9
const LOOKS = 50

export const spinningPool: Side = {
  title: 'pool B beside a spinning pool A',
  figures: ['spin.without', 'spin.with'],
  missing: () => Promise.resolve(processFactsKnown ? null : 'needs /proc to see that a thread spins'),
  measure: async (run) => {
    const server = await startWebgarden(run, {
      // A spinning thread cannot drain, so its pool is not waited for at the end.
      applicationPools: [{ name: 'A', processModel: { shutdownTimeLimit: '1s' } }, { name: 'B' }],
      sites: [
        oneSite([
          {
            path: '/',
            applicationPool: 'B',
            module: applicationFile('fastify-app'),
            caching: { enabled: false },
          },
          {
            path: '/a',
            applicationPool: 'A',
            module: applicationFile('spin-app'),
            caching: { enabled: false },
          },
        ]),
      ],
    })
    try {
      await ask({ url: `${server.url}/a/` })
      const highest = await measureRate(run, { url: `${server.url}/` })
      const without = await p99(run, server.url, highest.perSecond / 10)
      // Never answered: it ends with the server.
      request(`${server.url}/a/spin`, { agent: false })
        .on('error', () => undefined)
        .end()
      await spins(server.pid)
      return { 'spin.without': without, 'spin.with': await p99(run, server.url, highest.perSecond / 10) }
    } finally {
      await server.stop()
    }
  },
}

const p99 = async (run: Run, url: string, perSecond: number): Promise<number> => {
  const { requests, failures, latencies } = await driveRate({
    url: `${url}/`,
    perSecond,
    seconds: run.seconds,
  })
  if (failures > 0) throw new Error(`${url}: ${failures} of ${requests} answers were not 2xx`)
  return latencies[Math.ceil(requests * 0.99) - 1] ?? 0
}

const spins = async (pid: number): Promise<void> => {
  for (let look = 0; look < LOOKS; look++) if ((await processorUse(pid)) > SPINNING) return
  throw new Error('The thread of pool A does not spin')
}
