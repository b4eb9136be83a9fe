/** What turns an application of some framework into the one thing that the runtime serves: a request listener. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Static, TObject, TSchema } from 'typebox'
import type { ServerEvent } from './events.js'
import type { HandlerModule } from './handler.js'
import type { ApplicationSettings } from './messages.js'

/** An application, ready to answer. */
export interface HostedApplication {
  /** Answers one request. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /** The application is a handler: all that no mapping takes is its. `handle` is not called then. */
  readonly handler?: HandlerModule
  /** The server that the application itself made, if it did: gets its 'checkContinue', 'upgrade' and 'close' events. */
  readonly server?: Server
  /**
   * For an application without a `server` that can take connections over (RFC 9110 section 7.8): arguments as those of
   * node's 'upgrade' event.
   */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Called once, when the worker drains; may take until `deadline` (milliseconds since the epoch). */
  close?(deadline: number): void | Promise<void>
}

/** What an adapter works on. */
export interface AdapterInput {
  readonly application: ApplicationSettings
  /** The module's namespace (its exports), or undefined where the application has none. */
  readonly exports: Readonly<Record<string, unknown>> | undefined
  /** The http.Server that called `listen` while the module was loading, if one did. */
  readonly listening: Server | undefined
  /** Puts something into the event log, at any time. */
  tell(event: ServerEvent): void
}

/** What the author of an adapter gives to `defineAdapter`. */
export interface AdapterDefinition<O extends TSchema = TObject> {
  /** The word for `type` in the configuration. */
  readonly name: string
  readonly options?: O
  /** Whether it needs a module to load; `static` does not. Default: true. */
  readonly needsModule?: boolean
  /** Whether this export is one of its kind; asked, in order, where the configuration names no `type`. */
  recognises?(input: AdapterInput): boolean
  /** Makes the application ready; throws an Error that says what is wrong with it. */
  adapt(input: AdapterInput, options: Static<O>): HostedApplication | Promise<HostedApplication>
}

/** An adapter, as `defineAdapter` makes it. */
export interface AdapterModule<O extends TSchema = TSchema> extends AdapterDefinition<O> {
  readonly kind: 'adapter'
}
