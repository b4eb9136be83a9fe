/** Everything that the benchmark measures, with its title and unit. */

export const figures = {
  'bare.fastify': { title: 'bare Fastify', unit: 'req/s' },
  'pool.fastify': { title: 'Fastify in a thread pool', unit: 'req/s' },
  'process.fastify': { title: 'Fastify in a process pool', unit: 'req/s' },
  'process.start': { title: 'Fastify in a process pool: start until ready', unit: 's' },
  'bare.start': { title: 'bare Fastify: start until it listens', unit: 's' },
  'pool.filters': { title: 'Fastify in a thread pool, ten empty filters', unit: 'req/s' },
  nginx: { title: 'nginx in front of Fastify', unit: 'req/s' },
  cached: { title: 'cached answer of Fastify', unit: 'req/s' },
  'cached.silent': { title: 'cached answer of Fastify, access log off', unit: 'req/s' },
  'listeners.one': { title: 'cached answer, 256 connections, 1 listener thread', unit: 'req/s' },
  'listeners.two': { title: 'cached answer, 256 connections, 2 listener threads', unit: 'req/s' },
  'bare.express': { title: 'bare Express', unit: 'req/s' },
  'pool.express': { title: 'Express in a thread pool', unit: 'req/s' },
  'bare.body': { title: '1 MB up and down, bare Fastify', unit: 'req/s' },
  'pool.body': { title: '1 MB up and down, thread pool', unit: 'req/s' },
  'spin.without': { title: 'p99 of pool B, pool A quiet', unit: 'ms' },
  'spin.with': { title: 'p99 of pool B, pool A spinning', unit: 'ms' },
  'one.rate': { title: 'one site', unit: 'req/s' },
  'many.rate': { title: 'one of 1,000 sites', unit: 'req/s' },
  'many.ready': { title: '1,000 sites, 10,000 applications: ready', unit: 's' },
  'many.memory': { title: '1,000 sites, 10,000 applications: memory', unit: 'MB' },
  'idle.memory': { title: 'idle server without workers: memory', unit: 'MB' },
  'start.ready': { title: 'start until ready', unit: 's' },
  'start.answer': { title: 'start until the first answer', unit: 's' },
  'recycle.thread': { title: 'lost while a thread pool recycles', unit: 'requests' },
  'recycle.process': { title: 'lost while a process pool recycles', unit: 'requests' },
  'soak.quarter': { title: 'memory after a quarter of the requests', unit: 'MB' },
  'soak.half': { title: 'memory after half of them', unit: 'MB' },
  'soak.most': { title: 'memory after three quarters', unit: 'MB' },
  'soak.all': { title: 'memory after all', unit: 'MB' },
} as const satisfies Record<string, { title: string; unit: 'req/s' | 'ms' | 's' | 'MB' | 'requests' }>

export type Figure = keyof typeof figures

/** The figures of one measurement; one that this machine cannot give is left out. */
export type Measured = Partial<Record<Figure, number>>
