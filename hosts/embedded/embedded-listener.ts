/** A listener with URL registrations and request queues in the program's own process; only this file knows its rooms. */
import { mkdirSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join, resolve } from 'node:path'
import Fastify from 'fastify'
import { systemClock } from '../../core/clock.js'
import { build } from '../../core/config/build.js'
import { checkBindings } from '../../core/config/bindings.js'
import { findProblems } from '../../core/config/check.js'
import { validateServer } from '../../core/config/compiled-schema.js'
import { ConfigurationError, type EventLog, type ServerEvent } from '../../core/index.js'
import type { Application, Site } from '../../core/namespace/application.js'
import { Namespace } from '../../core/namespace/namespace.js'
import { Pipeline } from '../../core/pipeline/pipeline.js'
import { RequestQueue } from '../../core/queue/request-queue.js'
import { loadModules } from '../../core/registry/load.js'
import { planSlots, setUpStages } from '../../core/registry/slots.js'
import { standardStages } from '../../modules/standard.js'
import { Listener } from '../listener/listener.js'
import { EmbeddedReceiver } from './embedded-receiver.js'
import { Ports } from './ports.js'
import { Registrations } from './registrations.js'
import { parseUrlPrefix, type UrlPrefix } from './url-prefix.js'

/** Milliseconds that requests under way get when a queue or the listener is closed. */
const CLOSE_LIMIT = 90_000

export interface ListenerSettings {
  /** Relative paths are relative to it; logs go to `logs` in it. Default: the working directory. */
  readonly directory?: string
  /** Address to listen on. Default: all. */
  readonly address?: string
  /** The name under which requests are logged. Default: `Listener`. */
  readonly name?: string
  /**
   * What prefixes of https are served with, as of a binding: `certificates`, and `tls` and `sslFlags` where wanted. All https
   * ports have the same; a client gets the certificate that has the name it asks for, else the first.
   */
  readonly https?: object
  /** As in applicationHost.json: docs/configuration.md tells what there is. */
  readonly webLimits?: object
  readonly log?: object
  /** As of a site. */
  readonly logFile?: object
  readonly limits?: object
  /** As of an application. */
  readonly caching?: object
  /** Gets what a server would have in its event log. Default: warnings and errors go to standard error. */
  readonly onEvent?: (event: ServerEvent) => void
}

/** A request queue of its own: what others wait for does not take its room (http.sys: HttpCreateRequestQueue). */
export interface ListenerQueue {
  readonly name: string
  /** Requests that nobody has received yet. */
  readonly waiting: number
  /**
   * Registers a URL prefix (HttpAddUrl). Resolves with the port, when it accepts.
   *
   * @throws TypeError where it is no prefix, or one of https without certificates; NamespaceConflictError where somebody has it;
   * Error where its port speaks the other of http and https; the system's error where the port cannot be had.
   */
  addUrl(prefix: string): Promise<number>
  /** Takes it back (HttpRemoveUrl): who waits for it gets 503, who comes 404; requests under way are finished. */
  removeUrl(prefix: string): void
  /**
   * Receives from now on: the handler gets node's objects, `concurrent` (100) requests at a time. Until somebody receives,
   * requests wait; beyond the queue's length they get 503.
   */
  receive(handler: RequestListener, options?: { readonly concurrent?: number }): void
  /** Removes its URLs, answers who waits with 503, and resolves when what was received is answered. */
  close(): Promise<void>
}

export interface EmbeddedListener {
  /** @param options.length - requests that may wait; default 1000 */
  createQueue(name: string, options?: { readonly length?: number }): ListenerQueue
  /** Accepts no more, closes all queues, writes the logs. */
  close(): Promise<void>
}

/** @throws ConfigurationError with everything that is wrong with the settings. */
export const createListener = async (settings: ListenerSettings = {}): Promise<EmbeddedListener> => {
  const { directory = '.', address = '*', name = 'Listener', onEvent = print } = settings
  const { webLimits = {}, log = {}, logFile = {}, limits = {}, caching = {}, https } = settings
  const file = join(resolve(directory), 'listener')
  const raw = {
    webLimits,
    log,
    sites: [
      {
        name,
        bindings: [{ ...https, protocol: https ? 'https' : 'http', bindingInformation: '*:0:' }],
        logFile,
        limits,
        applications: [{ path: '/', type: 'static', physicalPath: '.', caching }],
      },
    ],
  }
  const problems = findProblems(validateServer, raw, '')
  if (problems.length > 0) throw new ConfigurationError(file, problems)
  const config = build(raw, file)
  checkBindings(config, (pointer, message) => problems.push({ pointer, message }))
  if (problems.length > 0) throw new ConfigurationError(file, problems)
  mkdirSync(config.directory, { recursive: true })
  const siteConfig = config.sites[0]
  const applicationConfig = siteConfig?.applications[0]
  if (!siteConfig || !applicationConfig) throw new Error('the settings made no site')

  const events: EventLog = { write: onEvent }
  const clock = systemClock
  const fastify = Fastify({ logger: false })
  const registrations = new Registrations()
  const plan = planSlots(config, await loadModules(config, standardStages), () => {
    throw new Error('a listener without sites has no log modules')
  })
  const route = { name: 'route', module: registrations.stage, options: {} }
  const scope = {
    fastify,
    config,
    events,
    clock,
    namespace: new Namespace(),
    onClose: (close: () => void | Promise<void>) => {
      fastify.addHook('onClose', async () => {
        await close()
      })
    },
  }
  const stages = await setUpStages({ ...plan, route: [route] }, scope)
  const pipeline = new Pipeline(stages, events, clock)
  const listener = new Listener({ config, pipeline, clock, events, frontDoor: true })
  const ports = await Ports.create(listener, { config, address, events, clock })
  const site: Site = { id: siteConfig.id, name, config: siteConfig, port: 0 }
  const queues = new Set<ListenerQueue>()
  let lastId = 0

  /** The cache stands before the route: it would go on answering for URLs that are nobody's. */
  const forget = (): void => {
    for (const { stage } of Object.values(stages).flat()) stage.flush?.()
  }

  const createQueue = (queueName: string, { length = 1000 } = {}): ListenerQueue => {
    const queue = new RequestQueue(queueName, length)
    const urls = new Map<string, { prefix: UrlPrefix; application: Application }>()
    const receivers: EmbeddedReceiver[] = []
    const removeUrl = (text: string): void => {
      const known = urls.get(text)
      if (!known) return
      urls.delete(text)
      registrations.remove(known.prefix)
      for (const ctx of [...queue.contents]) {
        if (ctx.application !== known.application) continue
        queue.cancel(ctx)
        ctx.fail('UNAVAILABLE')
      }
      forget()
      ports.leave(known.prefix.port)
    }
    const made: ListenerQueue = {
      name: queueName,
      get waiting() {
        return queue.length
      },
      async addUrl(text) {
        const asked = parseUrlPrefix(text)
        const port = await ports.open(asked)
        const prefix = { ...asked, port }
        const config = { ...applicationConfig, path: prefix.path, applicationPool: queueName }
        const application = { id: ++lastId, site, path: prefix.path, config, queue, filter: null }
        try {
          registrations.add(prefix, site, application)
        } catch (error) {
          ports.leave(port)
          throw error
        }
        urls.set(text, { prefix, application })
        return port
      },
      removeUrl,
      receive(handler, { concurrent = 100 } = {}) {
        receivers.push(new EmbeddedReceiver(queue, handler, concurrent, events))
      },
      async close() {
        queues.delete(made)
        queue.disable('APP_OFFLINE')
        for (const text of [...urls.keys()]) removeUrl(text)
        await Promise.all(receivers.map((receiver) => receiver.close(CLOSE_LIMIT)))
      },
    }
    queues.add(made)
    return made
  }
  return {
    createQueue,
    async close() {
      const closed = listener.close()
      await Promise.all([...queues].map((queue) => queue.close()))
      listener.destroy()
      await closed
      ports.close()
      await fastify.close()
    },
  }
}

const print = ({ level, text }: ServerEvent): void => {
  if (level !== 'info') process.stderr.write(`${level}: ${text}\n`)
}
