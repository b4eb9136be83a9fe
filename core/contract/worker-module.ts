/** A module of the worker's integrated pipeline (IIS 7: CHttpModule): what its author writes. */
import type { Static, TObject, TSchema } from 'typebox'
import type { ServerEvent } from './events.js'
import type { HttpContext } from './http-context.js'
import type { ApplicationSettings } from './messages.js'
import type { SettledOutcome } from './stage.js'

/** The events in their order; docs/request-path.md has what each is for. */
export type RequestEvent =
  | 'beginRequest'
  | 'authenticate'
  | 'authorize'
  | 'resolveCache'
  | 'mapHandler'
  | 'acquireState'
  | 'preExecute'
  | 'execute'
  | 'releaseState'
  | 'updateCache'
  | 'log'
  | 'end'

/**
 * `CONTINUE`: the next module, then the next event. `FINISH`: the response is this module's; it has been ended, or will be, and
 * only `log` and `end` follow. `PENDING` is not for modules; they return a promise.
 */
export type ModuleOutcome = SettledOutcome | Promise<SettledOutcome>

/** One function for each event that it wants to hear of; what throws answers the request with 500. */
export interface RequestModule<C extends HttpContext = HttpContext> extends Readonly<
  Partial<Record<RequestEvent, (ctx: C) => ModuleOutcome>>
> {
  /**
   * Just before the head of a response leaves: status and headers may still be changed. In the reverse order of the modules, as
   * in IIS. Synchronous. What is being written at this moment goes its way: who wants to change bodies replaces
   * `response.write` and `end` in beginRequest (as `urlCompression` does), where the first module comes nearest to the client.
   */
  sendResponse?(ctx: C): void
  /** A connection of which it has seen a request has closed. */
  endOfConnection?(connectionItems: Map<unknown, unknown>): void
  /** The worker drains; milliseconds since the epoch. */
  close?(deadline: number): void | Promise<void>
}

/** What a module, filter or handler gets when its application loads. */
export interface WorkerScope {
  readonly application: ApplicationSettings
  /** Puts something into the event log. */
  event(event: Pick<ServerEvent, 'level' | 'text' | 'facts'>): void
  /** Asks for the worker to be replaced (HSE_REQ_REPORT_UNHEALTHY). */
  reportUnhealthy(reason?: string): void
}

/** What the author of a module of the integrated pipeline gives to `defineModule`. */
export interface WorkerModuleDefinition<O extends TSchema = TObject> {
  readonly name: string
  readonly options?: O
  /** The range of webgarden versions it works with. */
  readonly webgarden?: string
  /** It decides by who asks: the listener must not answer others with copies. Default: true. May depend on the options. */
  readonly perClient?: boolean | ((options: Static<O>) => boolean)
  /** Runs once for each application that lists it, when that loads. */
  setup(scope: WorkerScope, options: Static<O>): RequestModule | Promise<RequestModule>
}

/** A module of the integrated pipeline, as `defineModule` makes it. */
export interface WorkerModule<O extends TSchema = TSchema> extends WorkerModuleDefinition<O> {
  readonly kind: 'module'
}
