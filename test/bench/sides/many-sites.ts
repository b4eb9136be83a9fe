/** One site, and a thousand with ten applications each: how long until ready, how much memory, how quick the routing. */
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../harness/free-port.js'
import { measureRate } from '../measure-rate.js'
import { processFactsKnown, residentMemory } from '../process-facts.js'
import { applicationFile, startWebgarden } from '../webgarden.js'
import type { Side } from './side.js'

const SITES = 1000
const APPLICATIONS = 10

/** Milliseconds after `ready` that memory is looked at. */
const SETTLED = 1000

const hostOf = (site: number): string => `site-${site}.example.com`

/** Each site is a customer with a pool of its own; all share one port. */
const configuration = (sites: number, port: number): Record<string, unknown> => {
  const numbers = Array.from({ length: sites }, (_site, index) => index)
  const paths = Array.from({ length: APPLICATIONS }, (_application, index) =>
    index === 0 ? '/' : `/app${index}`,
  )
  return {
    applicationPools: numbers.map((site) => ({ name: `Pool ${site}` })),
    sites: numbers.map((site) => ({
      name: `Site ${site}`,
      bindings: [{ protocol: 'http', bindingInformation: `127.0.0.1:${port}:${hostOf(site)}` }],
      applications: paths.map((path) => ({
        path,
        applicationPool: `Pool ${site}`,
        module: applicationFile('fastify-app'),
        caching: { enabled: false },
      })),
    })),
  }
}

/** The middle site and application, the same URL for one site as for a thousand. */
const question = (sites: number, port: number) => ({
  url: `http://127.0.0.1:${port}/app${APPLICATIONS / 2}/`,
  host: hostOf(Math.floor(sites / 2)),
})

export const oneOfOne: Side = {
  title: 'one site',
  figures: ['one.rate'],
  measure: async (run) => {
    const port = await freePort()
    const server = await startWebgarden(run, configuration(1, port))
    try {
      return { 'one.rate': (await measureRate(run, question(1, port))).perSecond }
    } finally {
      await server.stop()
    }
  },
}

export const oneOfMany: Side = {
  title: '1,000 sites with 10,000 applications',
  figures: ['many.rate', 'many.ready', 'many.memory'],
  measure: async (run) => {
    const port = await freePort()
    const server = await startWebgarden(run, configuration(SITES, port))
    try {
      await delay(SETTLED)
      const memory = processFactsKnown ? { 'many.memory': residentMemory(server.pid) } : {}
      const rate = await measureRate(run, question(SITES, port))
      return { 'many.rate': rate.perSecond, 'many.ready': server.readyAfter, ...memory }
    } finally {
      await server.stop()
    }
  },
}
