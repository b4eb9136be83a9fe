/** How long a worker process takes until it can answer, and how long the same application takes as its own server. */
import { ask } from '../ask.js'
import { applicationFile, oneSite, startWebgarden } from '../webgarden.js'
import { startBare } from './bare.js'
import type { Side } from './side.js'

/** What WAS says of a worker, which counts from its start. */
const READY = /is ready after (\d+) ms/

const MS_PER_SECOND = 1000

export const processStart: Side = {
  title: 'start of a worker process',
  figures: ['process.start'],
  measure: async (run) => {
    const server = await startWebgarden(run, {
      applicationPools: [{ name: 'Api', isolation: 'process' }],
      sites: [oneSite([{ applicationPool: 'Api', module: applicationFile('fastify-app') }])],
    })
    try {
      await ask({ url: `${server.url}/` })
      const [, milliseconds] = READY.exec(server.output()) ?? []
      if (milliseconds === undefined)
        throw new Error(`no worker has said that it is ready:\n${server.output()}`)
      return { 'process.start': Number(milliseconds) / MS_PER_SECOND }
    } finally {
      await server.stop()
    }
  },
}

export const bareStart: Side = {
  title: 'start of bare Fastify',
  figures: ['bare.start'],
  measure: async () => {
    const startedAt = performance.now()
    const server = await startBare('bare-fastify')
    try {
      return { 'bare.start': (performance.now() - startedAt) / MS_PER_SECOND }
    } finally {
      await server.stop()
    }
  },
}
