/** A listener process: accepts on the server's sockets, answers from a cache of its own, hands all else to the server. */
import Fastify from 'fastify'
import { systemClock } from '../../core/clock.js'
import { diffConfigurations } from '../../core/config/diff.js'
import type { ServerConfig } from '../../core/index.js'
import { Namespace } from '../../core/namespace/namespace.js'
import { Pipeline } from '../../core/pipeline/pipeline.js'
import { setUpStages } from '../../core/registry/slots.js'
import { bytesFor } from '../../modules/cache/limits.js'
import { standardStages } from '../../modules/standard.js'
import type { Endpoint } from '../listener/endpoint.js'
import { Listener } from '../listener/listener.js'
import type { ListeningSocket } from '../listener/listening-socket.js'
import { HandingOver } from './handing-over.js'
import type { FromProcess, ProcessSettings, ToProcess } from './messages.js'
import { configureStages, forgetChanged, nearCache } from './near-cache.js'
import { ProcessSites } from './process-sites.js'
import { RecordCollector } from './record-collector.js'
import { ServerLane } from './server-lane.js'

/** Milliseconds between two reports of how many connections there are. */
const REPORT_AFTER = 100

const tell = (message: FromProcess): void => {
  process.send?.(message)
}

/** The server says when it ends; a signal to all processes of a terminal is not meant for this one. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const)
  if (process.platform !== 'win32' || signal !== 'SIGUSR2') process.on(signal, () => undefined)
process.on('disconnect', () => process.exit())

const MEGABYTE = 1_048_576
/** Asked once: a change of the configuration must not resize the cache because memory has become scarcer. */
const AUTOMATIC = bytesFor(0) / MEGABYTE

/** All processes together keep no more than one cache may. */
const withShare = (config: ServerConfig, count: number): ServerConfig => {
  const { maxCacheSize } = config.caching
  const whole = maxCacheSize > 0 ? maxCacheSize : AUTOMATIC
  return { ...config, caching: { ...config.caching, maxCacheSize: Math.max(1, Math.floor(whole / count)) } }
}

type Hear = (message: ToProcess, handle?: object) => void

const start = async ({ config: given, count, cached }: ProcessSettings): Promise<Hear> => {
  let config = withShare(given, count)
  const sites = new ProcessSites(config)
  const events = {
    write: (event: Extract<FromProcess, { kind: 'event' }>['event']) => {
      tell({ kind: 'event', event })
    },
  }
  const clock = systemClock
  const records = new RecordCollector((batch) => {
    tell({ kind: 'records', records: batch })
  })
  const lane = new ServerLane(
    (batch) => {
      tell({ kind: 'batch', batch })
    },
    (event) => {
      events.write(event)
    },
  )
  const handingOver = new HandingOver(lane, records)
  const standard = (slot: 'validate' | 'cache') =>
    cached ? [{ name: slot, module: standardStages[slot], options: cached[slot] }] : []
  const ready = await setUpStages(
    { validate: standard('validate'), cache: standard('cache'), route: [], queue: [], dispatch: [], log: [] },
    {
      fastify: Fastify({ logger: false }),
      config,
      events,
      clock,
      namespace: new Namespace(),
      // All that it has is memory.
      onClose: () => undefined,
    },
  )
  const caches = ready.cache.map((stage) => nearCache(stage, sites.find, () => config.caching.cacheStatus))
  const pipeline = new Pipeline(
    {
      validate: ready.validate,
      cache: caches,
      route: [{ name: 'route', stage: { run: () => 'CONTINUE' } }],
      queue: [],
      dispatch: [{ name: 'server', stage: handingOver.dispatch }],
      log: [{ name: 'server', stage: handingOver.log }],
    },
    events,
    clock,
  )
  const listener = new Listener({ config, pipeline, clock, events, frontDoor: true })
  const sockets = new Map<number, Promise<ListeningSocket | null>>()
  const listen = async (endpoint: Endpoint, handle?: object): Promise<ListeningSocket | null> => {
    try {
      return await listener.open(endpoint, null, handle)
    } catch (error) {
      const text = `A listener process cannot accept on port ${endpoint.port}: ${(error as Error).message}; the others do.`
      events.write({ id: 0, level: 'error', source: 'W3SVC', text })
      return null
    }
  }
  let reported = 0
  const report = setInterval(() => {
    const { connectionCount: count } = listener
    if (count === reported) return
    reported = count
    tell({ kind: 'connections', count })
  }, REPORT_AFTER)
  report.unref()

  return (message, handle) => {
    switch (message.kind) {
      case 'batch':
        lane.receive(message.batch)
        break
      case 'listen':
        sockets.set(message.socket, listen(message.endpoint, handle))
        break
      case 'stopListening':
        void sockets.get(message.socket)?.then((socket) => socket?.stopListening())
        break
      case 'closeListening':
        void sockets.get(message.socket)?.then((socket) => socket?.close())
        sockets.delete(message.socket)
        break
      case 'configure': {
        const next = withShare(message.config, count)
        const changes = diffConfigurations(config, next)
        config = next
        sites.configure(config, changes)
        configureStages([...ready.validate, ...caches], config, changes)
        listener.configure(config)
        break
      }
      case 'changed': {
        const { request, number } = message
        const application = sites.find(request.application)
        if (application) forgetChanged(caches, request, application, pipeline, clock.now())
        tell({ kind: 'forgotten', number })
        break
      }
      case 'flush':
        for (const { stage } of caches) stage.flush?.(message.what)
        tell({ kind: 'forgotten', number: message.number })
        break
      case 'site': {
        const ctx = lane.request(message.exchange)
        const site = sites.site(message.site)
        if (!ctx || !site) break
        ctx.site = site
        pipeline.door.admit(ctx)
        break
      }
      case 'recycled':
        sites.recycled(message.pool, message.edition)
        break
      case 'proxyProtocol':
        void sockets.get(message.socket)?.then((socket) => {
          if (socket) socket.proxyProtocol = message.on
        })
        break
      case 'drain':
        void listener.drain(message.grace).then(() => {
          tell({ kind: 'drained' })
        })
        break
      case 'close':
        void listener.close().then(() => {
          tell({ kind: 'closed' })
        })
        void listener.requestsDone().then(() => {
          tell({ kind: 'requestsDone' })
        })
        break
      case 'destroy':
        listener.destroy(message.but)
        break
      case 'end':
        records.flush()
        // What was sent before has left when this has.
        process.send?.({ kind: 'ended' } satisfies FromProcess, () => process.exit())
        break
      case 'start':
        break
    }
  }
}

let heard: Promise<Hear> | null = null
let hear: Hear | null = null

process.on('message', (message: ToProcess, handle?: object) => {
  if (message.kind === 'start') {
    heard = start(message.settings)
    void heard.then((ready) => {
      hear = ready
      tell({ kind: 'ready' })
    })
  } else if (hear) hear(message, handle)
  // Behind `start`, in the order in which they came.
  else
    void heard?.then((ready) => {
      ready(message, handle)
    })
})
