/** The applications of one worker: each is loaded once, and fails alone. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AdapterModule, HostedApplication } from '../../core/contract/adapter.js'
import type { ServerEvent } from '../../core/contract/events.js'
import type { ApplicationSettings, WorkerSettings } from '../../core/contract/messages.js'
import { loadAdapters } from './load-adapters.js'
import { loadApplication } from './load-application.js'
import { countSegments } from './request-path.js'
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

  constructor(
    settings: ApplicationSettings,
    load: Promise<HostedApplication>,
    failed: (error: unknown) => void,
  ) {
    this.settings = settings
    this.segments = countSegments(settings.mount)
    this.loaded = load.then(
      (application) => {
        this.application = application
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

  handle(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const { application } = this
    if (!application) return
    if (expectsContinue) {
      // As node's server: a program that listens to 'checkContinue' decides itself.
      if (application.server?.emit('checkContinue', request, response)) return
      response.writeContinue()
    }
    application.handle(request, response)
  }

  async close(deadline: number): Promise<void> {
    await this.application?.close?.(deadline)
  }
}

/** Share of startupTimeLimit in which an application must have loaded, so that one that has not fails without its worker. */
const LOADING = 0.9

/** Share of its time after which an import that does not come to an end no longer holds up the others. */
const PATIENCE = 0.1

export class HostedApplications {
  private readonly byId = new Map<number, Hosted>()
  private readonly standard: readonly AdapterModule[]
  private readonly tell: (event: ServerEvent) => void
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
  ) {
    this.standard = standard
    this.tell = tell
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

  private async load(settings: ApplicationSettings): Promise<HostedApplication> {
    const before = this.turn
    let passOn: () => void = () => undefined
    this.turn = new Promise((resolve) => (passOn = resolve))
    await before
    const patience = setTimeout(passOn, this.timeLimit * PATIENCE)
    try {
      return await loadApplication(settings, await this.adapters, this.timeLimit, passOn, this.tell)
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
