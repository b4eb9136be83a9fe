/** What the figures must reach and what is hoped for: the rows of the table of ratios. */
import type { Figure } from './figures.js'

export interface Goal {
  /** The word for `--only`. */
  readonly name: string
  readonly title: string
  readonly of: Figure
  /** The ratio is of / over; without it the figure itself is compared. */
  readonly over?: Figure
  readonly must?: number
  readonly hope?: number
  /** Whether less is better. */
  readonly atMost?: true
}

export const goals: readonly Goal[] = [
  {
    name: 'fastify',
    title: 'Fastify hello in a thread pool / bare Fastify',
    of: 'pool.fastify',
    over: 'bare.fastify',
    must: 1,
    hope: 1.2,
  },
  {
    name: 'process',
    title: 'Fastify hello in a process pool / bare Fastify',
    of: 'process.fastify',
    over: 'bare.fastify',
    must: 1,
    hope: 1.2,
  },
  {
    name: 'process',
    title: 'start of a process worker / start of bare Fastify',
    of: 'process.start',
    over: 'bare.start',
    must: 1.5,
    hope: 1,
    atMost: true,
  },
  {
    name: 'filters',
    title: 'Fastify hello in a thread pool with ten empty filters / without',
    of: 'pool.filters',
    over: 'pool.fastify',
    must: 0.85,
    hope: 0.95,
  },
  {
    name: 'express',
    title: 'Express JSON in a thread pool / bare Express',
    of: 'pool.express',
    over: 'bare.express',
    must: 1.3,
    hope: 1.6,
  },
  {
    name: 'nginx',
    title: 'Fastify hello in a thread pool / nginx in front of Fastify',
    of: 'pool.fastify',
    over: 'nginx',
    must: 2,
    hope: 2.5,
  },
  {
    name: 'cached',
    title: 'cached answer / bare Fastify',
    of: 'cached',
    over: 'bare.fastify',
    must: 1.4,
    hope: 1.8,
  },
  {
    name: 'cached',
    title: 'cached answer / Express JSON in a thread pool',
    of: 'cached',
    over: 'pool.express',
    must: 2,
  },
  {
    name: 'log',
    title: 'cached answer, access log on / off',
    of: 'cached',
    over: 'cached.silent',
    must: 0.95,
    hope: 0.98,
  },
  {
    name: 'listeners',
    title: 'cached answer, 2 listener threads / 1',
    of: 'listeners.two',
    over: 'listeners.one',
    must: 0.9,
    hope: 1.3,
  },
  {
    name: 'body',
    title: '1 MB body up and down through a thread / bare Fastify',
    of: 'pool.body',
    over: 'bare.body',
    must: 0.5,
    hope: 0.8,
  },
  {
    name: 'spin',
    title: 'p99 of pool B at a tenth of its highest rate, pool A spinning / quiet',
    of: 'spin.with',
    over: 'spin.without',
    must: 2,
    hope: 1,
    atMost: true,
  },
  {
    name: 'scale',
    title: '1,000 sites, 10,000 applications: requests to one of them / with one site',
    of: 'many.rate',
    over: 'one.rate',
    must: 0.9,
    hope: 1,
  },
  {
    name: 'scale',
    title: '1,000 sites, 10,000 applications: ready (s)',
    of: 'many.ready',
    must: 3,
    atMost: true,
  },
  {
    name: 'scale',
    title: '1,000 sites, 10,000 applications: memory (MB)',
    of: 'many.memory',
    must: 250,
    atMost: true,
  },
  {
    name: 'idle',
    title: 'idle server without workers: memory (MB)',
    of: 'idle.memory',
    must: 90,
    atMost: true,
  },
  { name: 'start', title: 'start until ready (s)', of: 'start.ready', atMost: true },
  {
    name: 'start',
    title: 'start until the first answer, worker included (s)',
    of: 'start.answer',
    atMost: true,
  },
  ...(['thread', 'process'] as const).map((isolation) => ({
    name: 'recycle',
    title: `lost of 200,000 requests in 20 recycles of a ${isolation} pool`,
    of: `recycle.${isolation}` as const,
    must: 0,
    atMost: true as const,
  })),
]

export const soakGoals: readonly Goal[] = [
  {
    name: 'soak',
    title: 'memory after all requests / after a quarter of them',
    of: 'soak.all',
    over: 'soak.quarter',
    must: 1.1,
    hope: 1,
    atMost: true,
  },
]
