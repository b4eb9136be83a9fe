/** The applications of one worker: each is loaded once, and fails alone. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AdapterModule, HostedApplication } from '../../core/contract/adapter.js'
import type { ServerEvent } from '../../core/contract/events.js'
import type { ApplicationSettings, WorkerSettings } from '../../core/contract/messages.js'
import type { Exchange } from './exchange.js'
import type { Integrated } from './integrated/integrated.js'
import type { KnownExtensions } from './integrated/find-extension.js'
import type { Surroundings } from './integrated/load-integrated.js'
import { loadAdapters } from './load-adapters.js'
import { loadApplication } from './load-application.js'
import { countSegments } from './request-path.js'
import type { StandInSocket } from './stand-in-socket.js'
import { takeOver } from './take-over.js'
import { warmUp } from './warm-up.js'

/** One application in this worker. */
export class Hosted {
  readonly settings: ApplicationSettings
  /** Segments of its mount: 0 for a site's root application. */
  readonly segments: number
  state: 'loading' | 'ready' | 'failed' = 'loading'
  /** Settles when loading has ended: true if the application can answer. */
  readonly loaded: Promise<boolean>
  private application: HostedApplication | null = null
  /** What is declared beside the application; null where nothing is, and nothing is paid for it. */
  private integrated: Integrated | null = null

  constructor(
    settings: ApplicationSettings,
    load: Promise<LoadedApplication>,
    failed: (error: unknown) => void,
  ) {
    this.settings = settings
    this.segments = countSegments(settings.mount)
    this.loaded = load.then(
      ({ application, integrated }) => {
        this.application = application
        this.integrated = integrated
        this.state = 'ready'
        return true
      },
      (error: unknown) => {
        this.state = 'failed'
        failed(error)
        return false
      },
    )
  }

  /** @param exchange - null for a request that no client has made */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
    exchange: Exchange | null,
  ): void {
    if (this.integrated) {
      this.integrated.begin(request, response, expectsContinue, exchange)
      return
    }
    const { application } = this
    if (!application || (exchange?.early && takeOver(application, exchange))) return
    if (expectsContinue) {
      // As node's server: a program that listens to 'checkContinue' decides itself.
      if (application.server?.emit('checkContinue', request, response)) return
      response.writeContinue()
    }
    application.handle(request, response)
  }

  /** A connection of which it may have seen a request has closed. */
  endOfConnection(socket: StandInSocket): void {
    this.integrated?.endOfConnection(socket)
  }

  async close(deadline: number): Promise<void> {
    await this.integrated?.close(deadline)
    await this.application?.close?.(deadline)
  }
}

interface LoadedApplication {
  /** Null where there are only handlers. */
  readonly application: HostedApplication | null
  readonly integrated: Integrated | null
}

/** Share of startupTimeLimit in which an application must have loaded, so that one that has not fails without its worker. */
const LOADING = 0.9

/** Share of its time after which an import that does not come to an end no longer holds up the others. */
const PATIENCE = 0.1

export class HostedApplications {
  private readonly byId = new Map<number, Hosted>()
  private readonly standard: readonly AdapterModule[]
  private readonly tell: (event: ServerEvent) => void
  private readonly around: Omit<Surroundings, 'adapters'>
  private readonly failed: (application: number) => void
  private adapters: Promise<readonly AdapterModule[]> = Promise.resolve([])
  private timeLimit = 0
  /** Settles when the next application may import its module: they share one environment, and take turns. */
  private turn: Promise<void> = Promise.resolve()

  /** @param failed - told of each application that could not be loaded, after the event about it */
  constructor(
    standard: readonly AdapterModule[],
    tell: (event: ServerEvent) => void,
    failed: (application: number) => void = () => undefined,
    known: KnownExtensions = {},
    reportUnhealthy: (reason?: string) => void = () => undefined,
  ) {
    this.standard = standard
    this.tell = tell
    this.around = { known, tell, reportUnhealthy }
    this.failed = failed
  }

  /** Resolves when the applications that are wanted at once have loaded, or have failed to, and are warm. */
  async start(settings: WorkerSettings): Promise<void> {
    this.timeLimit = settings.startupTimeLimit * LOADING
    this.adapters = loadAdapters(settings.adapters, this.standard)
    this.adapters.catch(() => undefined)
    // Not from now: the worker's own start has taken some of the time.
    const deadline = settings.startsBy - settings.startupTimeLimit * (1 - LOADING)
    await Promise.all(
      settings.applications.map(async (application) => {
        const hosted = this.add(application)
        if (await hosted.loaded) await warmUp(hosted, deadline, this.tell)
      }),
    )
  }

  /** A client's connection has closed. */
  endOfConnection(socket: StandInSocket): void {
    for (const hosted of this.byId.values()) hosted.endOfConnection(socket)
  }

  get(id: number): Hosted | undefined {
    return this.byId.get(id)
  }

  /** Begins to load an application. */
  add(settings: ApplicationSettings): Hosted {
    const load = this.load(settings)
    const hosted = new Hosted(settings, load, (error) => {
      this.report(settings, error)
      this.failed(settings.id)
    })
    this.byId.set(settings.id, hosted)
    return hosted
  }

  private async load(settings: ApplicationSettings): Promise<LoadedApplication> {
    const adapters = await this.adapters
    // A folder with handlers or modules, such as `staticContent`, needs no code of its own.
    const hasOwn =
      settings.module !== undefined ||
      settings.type !== undefined ||
      settings.handlers.length + settings.modules.length === 0
    const application = hasOwn ? await this.loadOwn(settings, adapters) : null
    const { handlers, filters, modules } = settings
    if (handlers.length + filters.length + modules.length === 0 && !application?.handler)
      return { application, integrated: null }
    const { loadIntegrated } = await import('./integrated/load-integrated.js')
    const integrated = await loadIntegrated(settings, application, { ...this.around, adapters })
    return { application, integrated }
  }

  /** The application's own code, or its adapter. */
  private async loadOwn(
    settings: ApplicationSettings,
    adapters: readonly AdapterModule[],
  ): Promise<HostedApplication> {
    const before = this.turn
    let passOn: () => void = () => undefined
    this.turn = new Promise((resolve) => (passOn = resolve))
    await before
    const patience = setTimeout(passOn, this.timeLimit * PATIENCE)
    try {
      return await loadApplication(settings, adapters, this.timeLimit, passOn, this.tell)
    } finally {
      clearTimeout(patience)
      passOn()
    }
  }

  /** Closes all of them; one that fails to close does not keep the others open. */
  async close(deadline: number): Promise<void> {
    await Promise.all(
      [...this.byId.values()].map(async (hosted) => {
        try {
          await hosted.close(deadline)
        } catch (error) {
          const { site, mount } = hosted.settings
          this.tell({
            id: 0,
            level: 'warning',
            source: 'worker',
            text: `Application "${site}${mount || '/'}" failed while it was closing.`,
            facts: { error: stackOf(error) },
          })
        }
      }),
    )
  }

  private report(settings: ApplicationSettings, error: unknown): void {
    const { site, mount, module } = settings
    this.tell({
      id: 2299,
      level: 'error',
      source: 'worker',
      text:
        `Application "${site}${mount || '/'}" could not be loaded; its clients get 503 until its pool is restarted. ` +
        (error instanceof Error ? error.message : String(error)),
      facts: { site, application: mount || '/', pool: settings.pool, file: module, error: stackOf(error) },
    })
  }
}

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)
