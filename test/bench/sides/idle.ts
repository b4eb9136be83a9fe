/** A server that nobody has asked yet: memory, and how long it takes to the first answer. */
import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../ask.js'
import { processFactsKnown, residentMemory } from '../process-facts.js'
import type { Run } from '../run.js'
import { applicationFile, oneSite, startWebgarden, type Webgarden } from '../webgarden.js'
import type { Side } from './side.js'

/** Milliseconds after `ready` that memory is looked at. */
const SETTLED = 1000

const start = (run: Run): Promise<Webgarden> =>
  startWebgarden(run, {
    applicationPools: [{ name: 'Api' }],
    sites: [oneSite([{ applicationPool: 'Api', module: applicationFile('fastify-app') }])],
  })

export const idle: Side = {
  title: 'idle server',
  figures: ['idle.memory'],
  missing: () => Promise.resolve(processFactsKnown ? null : 'needs /proc to see the memory of a process'),
  measure: async (run) => {
    const server = await start(run)
    try {
      await delay(SETTLED)
      return { 'idle.memory': residentMemory(server.pid) }
    } finally {
      await server.stop()
    }
  },
}

export const coldStart: Side = {
  title: 'cold start',
  figures: ['start.ready', 'start.answer'],
  measure: async (run) => {
    const server = await start(run)
    try {
      await ask({ url: `${server.url}/` })
      return {
        'start.ready': server.readyAfter,
        'start.answer': (performance.now() - server.startedAt) / 1000,
      }
    } finally {
      await server.stop()
    }
  },
}
