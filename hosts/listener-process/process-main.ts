/** A listener process: accepts on the server's sockets, answers from a cache of its own, hands all else to the server. */
import type { Server } from 'node:net'
import Fastify from 'fastify'
import { systemClock } from '../../core/clock.js'
import { diffConfigurations } from '../../core/config/diff.js'
import type { ServerConfig } from '../../core/index.js'
import { Namespace } from '../../core/namespace/namespace.js'
import { Pipeline } from '../../core/pipeline/pipeline.js'
import { RequestQueue } from '../../core/queue/request-queue.js'
import { setUpStages } from '../../core/registry/slots.js'
import { Sites } from '../../core/was/sites.js'
import { standardStages } from '../../modules/standard.js'
import { Listener, type Endpoint } from '../listener/listener.js'
import type { ListeningSocket } from '../listener/listening-socket.js'
import { HandingOver } from './handing-over.js'
import type { FromProcess, ProcessSettings, ToProcess } from './messages.js'
import { configureStages, forgetChanged, nearCache, type FindApplication } from './near-cache.js'
import { RecordCollector } from './records.js'

/** Milliseconds between two reports of how many connections there are. */
const REPORT_AFTER = 100

const tell = (message: FromProcess): void => {
  process.send?.(message)
}

/** The server says when it ends; a signal to all processes of a terminal is not meant for this one. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('disconnect', () => process.exit())

const sitesOf = ({ applicationPools, sites: configured }: ServerConfig): Sites => {
  const queues = new Map(applicationPools.map(({ name }) => [name, new RequestQueue(name, 0)]))
  const sites = new Sites(new Namespace(), (name) => queues.get(name))
  for (const site of configured) sites.add(site)
  return sites
}

const start = async ({
  config: first,
  cached,
}: ProcessSettings): Promise<(message: ToProcess, handle?: Server) => void> => {
  let config = first
  let sites = sitesOf(config)
  const find: FindApplication = ({ site, path }) => sites.application(site, path)
  const events = {
    write: (event: Extract<FromProcess, { kind: 'event' }>['event']) => {
      tell({ kind: 'event', event })
    },
  }
  const clock = systemClock
  const records = new RecordCollector((batch) => {
    tell({ kind: 'records', records: batch })
  })
  const handingOver = new HandingOver({
    post: (batch) => {
      tell({ kind: 'batch', batch })
    },
    event: (event) => {
      events.write(event)
    },
    records,
  })
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
  const caches = ready.cache.map((stage) => nearCache(stage, find))
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
  const listener = new Listener({ config, pipeline, clock, frontDoor: true })
  const sockets = new Map<number, Promise<ListeningSocket | null>>()
  const listen = async (endpoint: Endpoint, handle?: Server): Promise<ListeningSocket | null> => {
    try {
      return await listener.open(endpoint, handle)
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
        handingOver.receive(message.batch)
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
        const changes = diffConfigurations(config, message.config)
        config = message.config
        sites = sitesOf(config)
        configureStages([...ready.validate, ...caches], config, changes)
        listener.configure(config)
        break
      }
      case 'changed': {
        const { request, number } = message
        const application = find(request.application)
        if (application) forgetChanged(caches, request, application, pipeline, clock.now())
        tell({ kind: 'forgotten', number })
        break
      }
      case 'flush':
        for (const { stage } of caches)
          (stage.flush as ((what: unknown) => unknown) | undefined)?.call(stage, message.what)
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

let heard: Promise<(message: ToProcess, handle?: Server) => void> | null = null
let hear: ((message: ToProcess, handle?: Server) => void) | null = null

process.on('message', (message: ToProcess, handle: unknown) => {
  if (message.kind === 'start') {
    heard = start(message.settings)
    void heard.then((ready) => {
      hear = ready
      tell({ kind: 'ready' })
    })
  } else if (hear) hear(message, handle as Server | undefined)
  // Behind `start`, in the order in which they came.
  else
    void heard?.then((ready) => {
      ready(message, handle as Server | undefined)
    })
})
