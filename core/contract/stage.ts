/** What a stage of the pipeline is: the words that a module author and the runner share. */
import type { FastifyInstance } from 'fastify'
import type { Static, TObject, TSchema } from 'typebox'
import type { RequestContext } from '../pipeline/request-context.js'
import type { Clock } from '../clock.js'
import type { Namespace } from '../namespace/namespace.js'
import type { EventLog } from './events.js'
import type { FlushTarget } from './flush.js'
import type { ConfigurationChanges, ServerConfig } from './config.js'

/** The places of the listener's pipeline that `applicationHost.json` can fill. */
export type Slot = 'validate' | 'cache' | 'route' | 'queue' | 'dispatch' | 'log'

/** All states that a request passes on the listener's side; the four beside the slots belong to the house. */
export type StateName = Slot | 'store' | 'respond' | 'done'

/**
 * What a stage answers. `CONTINUE`: on to the next stage. `FINISH`: the response is set, skip to where the state
 * table says. `PENDING`: the stage will call `ctx.resume('CONTINUE' | 'FINISH')` or `ctx.fail(error)` later, once
 * (IIS: RQ_NOTIFICATION_CONTINUE, RQ_NOTIFICATION_FINISH_REQUEST, RQ_NOTIFICATION_PENDING).
 */
export type Outcome = 'CONTINUE' | 'FINISH' | 'PENDING'
/** An outcome that says where the request goes next. */
export type SettledOutcome = 'CONTINUE' | 'FINISH'

/** One stage, made once at start and run for every request; it never calls the next one. */
export interface Stage {
  /** Throwing, or rejecting, is an error of this one request. */
  run(ctx: RequestContext): Outcome | Promise<SettledOutcome>
  /** Called when the client went away while this stage held the request pending; the runner goes on to `log`. */
  cancel?(ctx: RequestContext): void
  /**
   * A promise of a validate or cache stage: `run` depends on nothing but the request, is synchronous, and has no effect
   * unless it answers `FINISH`. Then the front door may ask it before node's parser does. With a `peek`, the promise is
   * that one's.
   */
  readonly repeatable?: boolean
  /** Instead of `run`, for the front door: answers `FINISH` with the response set if it has one, else does nothing. */
  peek?(ctx: RequestContext): 'CONTINUE' | 'FINISH'
  /**
   * A cache module's second half: sees each response that was not its own, before it is sent. `PENDING` holds it back
   * until `ctx.resume('CONTINUE')`; whatever else is answered means nothing.
   */
  store?(ctx: RequestContext): unknown
  /**
   * The configuration has changed while the server runs: called once for each change, when all of it is in force, and
   * never while a `run` of this stage is on the stack. A stage without it keeps what `setup` has read.
   */
  configure?(config: ServerConfig, changes: ConfigurationChanges): void
  /**
   * Forgets what it keeps of earlier requests, and of what is under way now: asked for by the administrator.
   *
   * @param what - nothing but this; all of it where left out
   * @returns how many responses it has forgotten, if it can tell
   */
  flush?(what?: FlushTarget): unknown
  /** Closes the files that it writes and opens those that have their names now: the administrator has moved them (SIGHUP). */
  reopen?(): void
}

/** What a module gets at set-up. */
export interface ModuleScope {
  /** The Fastify instance that holds the modules of this listener generation: decorators, `onClose`. */
  readonly fastify: FastifyInstance
  readonly config: ServerConfig
  readonly events: EventLog
  readonly clock: Clock
  /** The URL registrations, written by WAS; the route stage reads them. */
  readonly namespace: Namespace
  /** Whether another server with the same configuration writes to the same files now: while one takes the other's place. */
  isOverlapped?(): boolean
  /** Resolves when the server has ended whose place this one takes; absent at any other start. */
  readonly predecessorEnded?: Promise<void>
  /** Runs when the server stops, in reverse order of registration, after the last request was logged. */
  onClose(close: () => void | Promise<void>): void
}

/** What an author writes; `defineStage` makes a module of it. */
export interface StageDefinition<O extends TSchema = TObject> {
  /** The name under which `applicationHost.json` lists it by default, and that events and traces show. */
  readonly name: string
  /** The slot it may fill; a stage may be written for several. */
  readonly slot: Slot | readonly Slot[]
  /** Its options, as a TypeBox object; checked, and defaults filled in, before `setup` runs. */
  readonly options?: O
  /** The range of webgarden versions it works with, e.g. `">=0.1.0 <2"`. */
  readonly webgarden?: string
  /** Runs once at the start; may return a promise. What it throws ends the start. */
  setup(scope: ModuleScope, options: Static<O>): Stage | Promise<Stage>
}

/** A checked definition: what a module file exports, and what the registry loads. */
export interface StageModule<O extends TSchema = TSchema> extends StageDefinition<O> {
  readonly kind: 'stage'
  readonly slots: readonly Slot[]
}
