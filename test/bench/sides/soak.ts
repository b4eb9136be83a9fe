/** Memory over a long run: half of the requests go to a pool, half are answered from the cache. */
import { ask } from '../ask.js'
import type { Figure, Measured } from '../figures.js'
import { inUnit } from '../table.js'
import { residentMemory } from '../process-facts.js'
import type { Run } from '../run.js'
import { applicationFile, oneSite, startWebgarden } from '../webgarden.js'

/** Seconds of load between two looks at how many requests it has been. */
const CHUNK = 2

const milestones: readonly { readonly share: number; readonly figure: Figure }[] = [
  { share: 0.25, figure: 'soak.quarter' },
  { share: 0.5, figure: 'soak.half' },
  { share: 0.75, figure: 'soak.most' },
  { share: 1, figure: 'soak.all' },
]

/** @throws Error when an answer is not 2xx. */
export const soak = async (run: Run, requests: number): Promise<Measured> => {
  const module = applicationFile('fastify-app')
  const server = await startWebgarden(run, {
    applicationPools: [{ name: 'Api' }],
    sites: [
      oneSite([
        { path: '/', applicationPool: 'Api', module, caching: { enabled: false } },
        { path: '/kept', applicationPool: 'Api', module, caching: { enabled: true } },
      ]),
    ],
  })
  const measured: Measured = {}
  const urls = [`${server.url}/`, `${server.url}/kept/cached`]
  let done = 0
  try {
    for (const url of urls) await ask({ url })
    for (const { share, figure } of milestones) {
      while (done < requests * share) {
        for (const url of urls) {
          const result = await run.driver.drive({ url, seconds: CHUNK })
          if (result.failures > 0 || result.requests === 0)
            throw new Error(`${url}: ${result.requests} requests, ${result.failures} of them failed`)
          done += result.requests
        }
      }
      const memory = (measured[figure] = residentMemory(server.pid))
      console.error(`${done.toLocaleString('en-US')} requests: ${inUnit(figure, memory)} MB`)
    }
    return measured
  } finally {
    await server.stop(done)
  }
}
