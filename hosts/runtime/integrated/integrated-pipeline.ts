/** The integrated pipeline of one application: walks each of its requests through IIS 7's events, inside the worker. */
import onHeaders from 'on-headers'
import type { ExecuteUrl, ExecuteUrlStatus } from '../../../core/contract/http-context.js'
import type { ServerEvent } from '../../../core/contract/events.js'
import type { ApplicationSettings } from '../../../core/contract/messages.js'
import type { RequestEvent, RequestModule } from '../../../core/contract/worker-module.js'
import { buildSteps, type Run, type Step } from '../../../core/pipeline/build.js'
import { Runner } from '../../../core/pipeline/runner.js'
import { workerStates } from '../../../core/pipeline/worker-states.js'
import type { ExchangeWatcher } from '../exchange-owner.js'
import type { HandlerMap } from './handler-map.js'
import { executeUrl } from './execute-url.js'
import type { WorkerContext } from './worker-context.js'

/** A module under the name that the configuration gives it. */
export interface NamedModule {
  readonly name: string
  readonly module: RequestModule<WorkerContext>
}

export interface IntegratedOptions {
  readonly settings: ApplicationSettings
  readonly modules: readonly NamedModule[]
  readonly handlers: HandlerMap
  /** Hands a request to the application itself; null where there is only a folder. */
  readonly application: ((ctx: WorkerContext) => void) | null
  readonly tell: (event: ServerEvent) => void
}

export class IntegratedPipeline extends Runner<WorkerContext> implements ExchangeWatcher<WorkerContext> {
  private readonly options: IntegratedOptions
  private readonly senders: readonly NamedModule[]
  private readonly authorizeAt: number
  private readonly releaseAt: number
  private readonly respondAt: number
  private readonly logAt: number

  constructor(options: IntegratedOptions) {
    super(stepsOf(options))
    this.options = options
    this.senders = options.modules.filter(({ module }) => module.sendResponse).reverse()
    const firstFrom = (...states: string[]): number =>
      this.steps.findIndex(({ state }) => states.includes(state))
    this.authorizeAt = firstFrom('authorize', 'resolveCache', 'mapHandler')
    this.releaseAt = firstFrom('releaseState', 'updateCache', 'respond')
    this.respondAt = firstFrom('respond')
    this.logAt = firstFrom('log')
  }

  /** Starts a request on its way. */
  begin(ctx: WorkerContext): void {
    if (this.senders.length > 0) {
      onHeaders(ctx.response, () => {
        this.sendResponse(ctx)
      })
    }
    this.walk(ctx, 0)
  }

  /** Another URL answers in the response of `parent`: it is authorised, mapped and executed like any other. */
  executeUrl(parent: WorkerContext, child: ExecuteUrl): Promise<ExecuteUrlStatus> {
    return executeUrl(this, this.options.settings, parent, child, (ctx) => {
      this.walk(ctx, this.authorizeAt)
    })
  }

  /** The last byte of the response is about to leave, or the client has gone: whoever held the request lets go. */
  ending(ctx: WorkerContext): void {
    ctx.completed = true
    if (ctx.child) this.ending(ctx.child)
    if (!ctx.pending) return
    const { state } = ctx
    if (state === 'log' || state === 'end') return
    if (state === 'respond') this.resume(ctx, 'CONTINUE')
    else {
      ctx.pending = false
      this.walk(ctx, ctx.step < this.releaseAt && state === 'execute' ? this.releaseAt : this.respondAt)
    }
  }

  /** A connection of which this application has seen a request has closed. */
  endOfConnection(items: Map<unknown, unknown>): void {
    for (const { name, module } of this.options.modules) {
      try {
        module.endOfConnection?.(items)
      } catch (error) {
        this.tell(name, 'at the end of a connection', error, '')
      }
    }
  }

  async close(deadline: number): Promise<void> {
    const { modules, handlers } = this.options
    await handlers.close(deadline)
    for (const { module } of [...modules].reverse()) await module.close?.(deadline)
  }

  protected failed(ctx: WorkerContext, step: Step<WorkerContext>, error: unknown): number {
    this.report(ctx, step, error, consequence[step.onError])
    switch (step.onError) {
      case 'report':
        return step.next
      case 'end':
        return this.logAt
      case 'answer':
        ctx.sendError(500, 0, error)
        return this.respondAt
    }
  }

  protected report(ctx: WorkerContext, step: Step<WorkerContext>, error: unknown, what: string): void {
    const who = step.name === EXECUTE ? (ctx.handler?.name ?? step.name) : step.name
    if (ctx.onTrace) ctx.trace(who, `failed in ${step.state}: ${String(error)}`)
    this.tell(who, `in ${step.state}; ${what}`, error, ctx.request.originalUrl ?? ctx.request.url ?? '')
  }

  protected done(): void {
    return
  }

  /** The head is about to leave. A module that fails must not take the application's own call with it. */
  private sendResponse(ctx: WorkerContext): void {
    for (const { name, module } of this.senders) {
      try {
        module.sendResponse?.(ctx)
      } catch (error) {
        this.tell(name, 'in sendResponse; the response went on as it was', error, ctx.request.url ?? '')
      }
    }
  }

  private tell(module: string, where: string, error: unknown, url: string): void {
    const { settings, tell } = this.options
    const { site, mount, pool } = settings
    tell({
      id: 0,
      level: 'error',
      source: 'worker',
      text: `${where.startsWith('in execute;') ? 'Handler' : 'Module'} "${module}" of application "${site}${mount || '/'}" failed ${where}.`,
      facts: {
        ...{ site, application: mount || '/', pool, module, url: url.slice(0, 256) },
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      },
    })
  }
}

/** The step that hands the request to its handler. */
const EXECUTE = 'execute'

const consequence = {
  answer: 'this one request was answered with 500',
  report: 'the request went on without it',
  end: 'the request went on to its log',
}

const stepsOf = ({ modules, handlers, application }: IntegratedOptions): readonly Step<WorkerContext>[] => {
  const own: Readonly<Record<string, Run<WorkerContext>>> = {
    mapHandler: { name: 'handlers', run: (ctx) => handlers.map(ctx) },
    execute: { name: EXECUTE, run: (ctx) => execute(ctx, application) },
    respond: {
      name: 'respond',
      // A child ends here: its response is its parent's.
      run: (ctx) => {
        if (ctx.parent) ctx.childDone()
        return ctx.completed ? 'CONTINUE' : 'PENDING'
      },
    },
    log: {
      name: 'logged',
      run: (ctx) => {
        ctx.tellLogged()
        return 'CONTINUE'
      },
    },
  }
  return buildSteps(workerStates, ({ state }) => {
    // What a module may call so is its own affair: the state is the house's.
    const heard = state === 'respond' ? [] : modules
    const runs = heard.flatMap(({ name, module }): Run<WorkerContext>[] => {
      const run = module[state as RequestEvent]
      return run ? [{ name, run: run.bind(module) }] : []
    })
    const last = own[state]
    return last ? [...runs, last] : runs
  })
}

const execute = (
  ctx: WorkerContext,
  application: IntegratedOptions['application'],
): ReturnType<Run<WorkerContext>['run']> => {
  // A module may have answered without saying so.
  if (ctx.response.writableEnded) return 'CONTINUE'
  if (ctx.mapped) return ctx.mapped.execute(ctx)
  if (!application) {
    ctx.sendError(404)
    return 'CONTINUE'
  }
  application(ctx)
  return 'PENDING'
}
