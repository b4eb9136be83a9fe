/** An application in a pool of webgarden, with or without the response cache. */
import { ask, type Question } from '../ask.js'
import type { Figure } from '../figures.js'
import { measureRate } from '../measure-rate.js'
import { applicationFile, oneSite, startWebgarden } from '../webgarden.js'
import { BODY_SIZE } from './bare.js'
import type { Side } from './side.js'

interface Pooled {
  readonly title: string
  readonly figure: Figure
  readonly application: 'fastify-app' | 'express-app'
  readonly isolation?: 'process'
  readonly caching: boolean
  /** Of the application. */
  readonly filters?: readonly object[]
  /** Whether requests are logged; they are where it is left out. */
  readonly accessLog?: boolean
  readonly listenerThreads?: number
  readonly question: (url: string) => Question
}

const pooledSide = ({
  title,
  figure,
  application,
  isolation,
  caching,
  filters = [],
  accessLog = true,
  listenerThreads = 1,
  question,
}: Pooled): Side => ({
  title,
  figures: [figure],
  measure: async (run) => {
    const server = await startWebgarden(run, {
      webLimits: { listenerThreads },
      applicationPools: [{ name: 'Api', ...(isolation && { isolation }) }],
      sites: [
        {
          ...oneSite([
            {
              applicationPool: 'Api',
              module: applicationFile(application),
              caching: { enabled: caching },
              filters,
            },
          ]),
          logFile: { enabled: accessLog },
        },
      ],
    })
    let requests = 0
    try {
      const asked = question(server.url)
      if (caching) await insistOnCache(asked)
      const result = await measureRate(run, asked)
      if (accessLog) requests = result.requests
      return { [figure]: result.perSecond }
    } finally {
      await server.stop(requests)
    }
  },
})

/** A cache that never answers would be measured as a slow one. */
const insistOnCache = async (question: Question): Promise<void> => {
  await ask(question)
  const { headers } = await ask(question)
  if (headers.age === undefined)
    throw new Error(`${question.url} was not answered from the cache: it has no Age`)
}

export const pooledFastify = pooledSide({
  title: 'Fastify in a thread pool',
  figure: 'pool.fastify',
  application: 'fastify-app',
  caching: false,
  question: (url) => ({ url: `${url}/` }),
})

export const filteredFastify = pooledSide({
  title: 'Fastify in a thread pool, ten empty filters',
  figure: 'pool.filters',
  application: 'fastify-app',
  caching: false,
  filters: Array.from({ length: 10 }, (_value, i) => ({
    name: `Empty${i}`,
    module: applicationFile('empty-filter'),
  })),
  question: (url) => ({ url: `${url}/` }),
})

export const processFastify = pooledSide({
  title: 'Fastify in a process pool',
  figure: 'process.fastify',
  application: 'fastify-app',
  isolation: 'process',
  caching: false,
  question: (url) => ({ url: `${url}/` }),
})

export const cached = pooledSide({
  title: 'cached answer',
  figure: 'cached',
  application: 'fastify-app',
  caching: true,
  question: (url) => ({ url: `${url}/cached` }),
})

export const cachedSilent = pooledSide({
  title: 'cached answer, access log off',
  figure: 'cached.silent',
  application: 'fastify-app',
  caching: true,
  accessLog: false,
  question: (url) => ({ url: `${url}/cached` }),
})

const listeners = (figure: 'listeners.one' | 'listeners.two', listenerThreads: number): Side =>
  pooledSide({
    title: `cached answer, listener threads: ${listenerThreads}`,
    figure,
    application: 'fastify-app',
    caching: true,
    listenerThreads,
    question: (url) => ({ url: `${url}/cached`, connections: 256 }),
  })

export const oneListener = listeners('listeners.one', 1)
export const twoListeners = listeners('listeners.two', 2)

export const pooledExpress = pooledSide({
  title: 'Express in a thread pool',
  figure: 'pool.express',
  application: 'express-app',
  caching: false,
  question: (url) => ({ url: `${url}/` }),
})

export const pooledBody = pooledSide({
  title: '1 MB body, thread pool',
  figure: 'pool.body',
  application: 'fastify-app',
  caching: false,
  question: (url) => ({ url: `${url}/echo`, bodySize: BODY_SIZE }),
})
